{
  description = "A kernel without torch";

  # In a directory of its own, a kernel names kernel-builder as an input (see the README). Here it is two levels up.
  outputs = { self }:
    (import ../..).lib.x86_64-linux.genFlakeOutputs {
      inherit self;
      path = ./.;
    };
}
