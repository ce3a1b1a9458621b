

# torch.ops.@MODULE@, unless a library of that name is there already.
if "@MODULE@" not in vars(torch.ops):
    setattr(torch.ops, "@MODULE@", ops)
