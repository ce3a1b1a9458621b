// at::parallel_for is a template in torch's headers: how it was compiled decides whether it has threads.
#pragma once
#include "meet.h"
#include <ATen/Parallel.h>

// How many threads were in the loop at the same time; of a loop that gave all to one thread, 1.
static int
in_loop(int wanted)
{
	std::atomic<int> here{0}, met{0}, chunks{0};

	at::parallel_for(0, wanted, 1, [&](int64_t begin, int64_t end) {
		chunks++;
		if (end - begin == 1)
			met += meet(here, wanted);
	});
	return met ? (int)met : (int)chunks;
}
