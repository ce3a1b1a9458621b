#pragma once
#include <atomic>
#include <chrono>

// True when `wanted` callers are in here at the same time: each waits for the others, ten seconds at most.
inline bool
meet(std::atomic<int> &here, int wanted)
{
	auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);

	for (here++; here < wanted;)
		if (std::chrono::steady_clock::now() > end)
			return false;
	return true;
}
