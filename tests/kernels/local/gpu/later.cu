#error "cuda-minver keeps this section out"
