// What kernels use of the C and C++ libraries, most of all what newer ones have under new symbol versions. Each check prints a
// line when it fails; portable_run returns their number.
#include <charconv>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory_resource>
#include <mutex>
#include <random>
#include <regex>
#include <shared_mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

int newer_checks();

namespace {

int failed;

void check(bool holds, const char *what)
{
	if (!holds) {
		std::fprintf(stderr, "portable: %s\n", what);
		failed++;
	}
}

// std::to_chars for floating point came with GLIBCXX_3.4.29.
void numbers()
{
	char text[64];
	auto end = std::to_chars(text, text + sizeof(text), 0.1 + 0.2);
	double back = 0;

	check(std::string(text, end.ptr) == "0.30000000000000004", "to_chars(double)");
	check(std::from_chars(text, end.ptr, back).ec == std::errc() && back == 0.1 + 0.2, "from_chars(double)");
	volatile double x = 2.0;
	check(std::fabs(std::pow(x, 0.5) - 1.4142135623730951) < 1e-15, "pow");
	check(std::fabs(std::exp(x) - 7.38905609893065) < 1e-14, "exp");
	check(std::fabs(std::log(x) - 0.6931471805599453) < 1e-15, "log");
	check(std::fabs(std::exp2(x) - 4.0) < 1e-15 && std::fabs(std::log2(x) - 1.0) < 1e-15, "exp2, log2");
	std::random_device device;
	check((device() | device() | device()) != 0, "random_device");
	std::mt19937_64 engine(5489u);
	check(engine() == 14514284786278117030ULL, "mt19937_64");
}

void texts()
{
	check(std::regex_match("aaab", std::regex("a+b")), "regex");
	check(std::regex_replace(std::string("a-b"), std::regex("-"), "+") == "a+b", "regex_replace");
	std::ostringstream out;
	out << 42 << ' ' << 1.5 << ' ' << std::hex << 255;
	check(out.str() == "42 1.5 ff", "ostringstream");
	std::istringstream in("7 8.25 word");
	int i = 0;
	double d = 0;
	std::string word;
	in >> i >> d >> word;
	check(i == 7 && d == 8.25 && word == "word", "istringstream");
	std::cout << "portable: iostream" << std::endl;
	check(std::cout.good(), "iostream");
	std::string s(1 << 16, 'x');
	check(s.find('y') == std::string::npos && s.substr(3, 4) == "xxxx", "string");
}

// With the headers of a newer libstdc++ these are functions of glibc 2.30.
void waits()
{
	using namespace std::chrono_literals;
	std::mutex m;
	std::unique_lock<std::mutex> lock(m);
	std::condition_variable never;
	auto begin = std::chrono::steady_clock::now();

	check(never.wait_for(lock, 20ms) == std::cv_status::timeout, "condition_variable: wait_for");
	check(never.wait_until(lock, std::chrono::steady_clock::now() + 20ms) == std::cv_status::timeout,
		"condition_variable: wait_until");
	check(std::chrono::steady_clock::now() - begin >= 40ms, "condition_variable: waits as long as it should");
	std::timed_mutex timed;
	std::shared_timed_mutex shared;
	check(timed.try_lock_for(20ms) && shared.try_lock_for(20ms), "timed_mutex");
	std::thread([&] { check(!timed.try_lock_for(20ms) && !shared.try_lock_shared_for(20ms), "timed_mutex: held"); }).join();
	timed.unlock();
	shared.unlock();
	check(std::async(std::launch::async, [] { return 1; }).wait_for(10s) == std::future_status::ready, "future");
}

void files()
{
	namespace fs = std::filesystem;
	std::error_code none;

	check(fs::exists("/") && fs::is_directory("/"), "filesystem: exists");
	check(!fs::exists("/no/such/file", none), "filesystem: absent");
	check(fs::path("/a/b/../c.txt").lexically_normal() == "/a/c.txt", "filesystem: path");
	size_t n = 0;
	for (const auto &entry : fs::directory_iterator("/"))
		n += !entry.path().empty();
	check(n > 0, "filesystem: directory_iterator");
	try {
		(void)fs::file_size("/no/such/file");
		check(false, "filesystem: file_size must throw");
	} catch (const fs::filesystem_error &) {
	}
}

void threads()
{
	static std::once_flag once;
	int value = 0;

	std::call_once(once, [&] { value = 1; });
	std::call_once(once, [&] { value = 2; });
	check(value == 1, "call_once");
	std::thread t([&] { value = 3; });
	t.join();
	check(value == 3, "thread");
	check(std::async(std::launch::async, [] { return 4; }).get() == 4, "async");
	std::shared_mutex mutex;
	std::shared_lock<std::shared_mutex> lock(mutex);
	check(lock.owns_lock(), "shared_mutex");
	thread_local int mine = 5;
	std::thread([&] { mine = 6; }).join();
	check(mine == 5, "thread_local");
}

// Thrown inside libstdc++.so, caught here; and thrown here, carried through libstdc++.so.
void exceptions()
{
	try {
		std::vector<int>(3).at(7);
		check(false, "at must throw");
	} catch (const std::out_of_range &) {
	}
	try {
		(void)std::stoi("no number");
		check(false, "stoi must throw");
	} catch (const std::invalid_argument &) {
	}
	std::future<int> f = std::async(std::launch::async, []() -> int { throw std::runtime_error("mine"); });
	try {
		f.get();
		check(false, "get must throw");
	} catch (const std::runtime_error &e) {
		check(std::strcmp(e.what(), "mine") == 0, "the exception's text");
	}
	try {
		std::function<int()> empty;
		empty();
		check(false, "an empty function must throw");
	} catch (const std::exception &e) {
		check(dynamic_cast<const std::bad_function_call *>(&e) != nullptr, "type_info of the library");
	}
	std::pmr::monotonic_buffer_resource pool;
	std::pmr::map<int, int> m(&pool);
	m[1] = 2;
	check(m.at(1) == 2, "memory_resource");
}

} // namespace

extern "C" int portable_run()
{
	numbers();
	texts();
	waits();
	files();
	threads();
	exceptions();
	failed += newer_checks();
	return failed;
}
