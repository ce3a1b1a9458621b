// What a C++20 library has on top.
#include <cstdio>
#if __cplusplus >= 202002L
#include <atomic>
#include <latch>
#include <semaphore>
#include <sstream>
#include <stop_token>
#include <thread>

int newer_checks()
{
	int failed = 0;
	std::latch latch(1);
	std::counting_semaphore<4> semaphore(0);
	std::atomic<int> value { 0 };

	{
		std::jthread t([&](std::stop_token) {
			value = 1;
			value.notify_one();
			semaphore.release();
			latch.count_down();
		});
		value.wait(0);
		semaphore.acquire();
		latch.wait();
	}
	failed += value != 1;
	std::ostringstream out;
	out << "view";
	failed += out.view() != "view";
	if (failed)
		std::fprintf(stderr, "portable: C++20\n");
	return failed;
}
#else
int newer_checks()
{
	return 0;
}
#endif
