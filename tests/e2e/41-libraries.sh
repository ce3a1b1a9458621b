#!/bin/bash
# What kernels call besides torch: OpenMP, which runs in torch's own threads.
. "$(dirname "$0")/lib.sh"
out= # set by status
ENVS=$ROOT/.build
CPU=torch211-cxx11-cpu-x86_64-linux CUDA=torch211-cxx11-cu130-x86_64-linux
OLD=torch25-cxx98-cpu-x86_64-linux # its wheel calls the runtime libgomp-a34b3233.so.1
"$ROOT/tools/torch_env.py" 2.11.0 "$ENVS/torch-2.11.0" 2>&1 | sed 's/^/# /'
"$ROOT/tools/torch_env.py" 2.5.1 "$ENVS/torch-2.5.1" 2>&1 | sed 's/^/# /'
py=$ENVS/torch-2.11.0/bin/python py25=$ENVS/torch-2.5.1/bin/python
needed() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | tr '\n' ' '; }

K=$T/threads
cp -r "$ROOT/tests/kernels/threads" "$K"
status 0 "-fopenmp: builds, for CPUs and in a CUDA file" "$KB" build --no-lock --matrix all --variant $CPU --variant $OLD --variant $CUDA "$K"
status 0 "check-abi" "$KB" check-abi "$K"
like "$out" '^0 errors, 0 warnings' "finds nothing"
is "$(needed "$K"/build/$CPU/*.so)" "ld-linux-x86-64.so.2 libc.so.6 libc10.so libgcc_s.so.1 libstdc++.so.6 libtorch.so libtorch_cpu.so " \
	"the runtime's name differs from wheel to wheel: none is needed"
is "$(needed "$K"/build/$CUDA/*.so | grep -c gomp)" 0 "nor in the CUDA variant"
like "$(nm -D --undefined-only "$K"/build/$CPU/*.so)" ' GOMP_parallel$' "its symbols are left to the loader"
cat >"$T/run.py" <<'END'
import sys

import torch

torch.set_num_threads(3)
import threads

for name in sys.argv[1:]:
    function, *values = name.split(",")
    print(function, getattr(threads.lib, function)(*map(int, values)))
print("runtimes", len({line.split()[-1] for line in open("/proc/self/maps") if "gomp" in line}))
END
names="threads_max threads_meet,4 threads_loops threads_reductions threads_tasks threads_locks threads_private threads_simd threads_parallel_for,3 serial_parallel_for,3"
right="threads_max 3 threads_meet 1 threads_loops 1 threads_reductions 1 threads_tasks 1 threads_locks 1 threads_private 1 threads_simd 1 threads_parallel_for 3 serial_parallel_for 1 runtimes 1 "
run() { (cd "$T" && PYTHONPATH=$K/build/$2 timeout 120 "$1" run.py $names 2>&1 | tr '\n' ' '); }
is "$(run "$py" $CPU)" "$right" "in torch: as many threads as it was told, at the same time, and one runtime in the process"
is "$(run "$py25" $OLD)" "$right" "the same in torch 2.5"
is "$(cd "$T" && PYTHONPATH=$K/build/$CUDA timeout 120 "$py" run.py threads_meet,4 threads_sum 2>&1 | tr '\n' ' ')" \
	"threads_meet 1 threads_sum 1 runtimes 1 " "host code of a CUDA file as well"
done_testing
