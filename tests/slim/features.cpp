// What the language looks up without a name, and what the standard library does with it. Compiled whole and slim by prove.sh.
#include <algorithm>
#include <any>
#include <array>
#include <atomic>
#include <bitset>
#include <chrono>
#include <compare>
#include <complex>
#include <concepts>
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <random>
#include <ranges>
#include <regex>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <typeindex>
#include <unordered_map>
#include <unordered_set>
#include <valarray>
#include <variant>
#include <vector>

using namespace std::literals;
using namespace std::chrono_literals;

namespace features
{
struct point {
	int x, y;
	auto operator<=>(const point &) const = default;
};
std::ostream &
operator<<(std::ostream &out, const point &p)
{
	return out << '(' << p.x << ", " << p.y << ')';
}
struct generator {
	struct promise_type {
		int value;
		generator get_return_object() { return { std::coroutine_handle<promise_type>::from_promise(*this) }; }
		std::suspend_always initial_suspend() { return {}; }
		std::suspend_always final_suspend() noexcept { return {}; }
		std::suspend_always yield_value(int v)
		{
			value = v;
			return {};
		}
		void return_void() {}
		void unhandled_exception() { std::terminate(); }
	};
	std::coroutine_handle<promise_type> handle;
};
generator
count(int n)
{
	for (int i = 0; i < n; i++)
		co_yield i;
}
struct base {
	virtual ~base() = default;
	virtual int f() const { return 1; }
};
struct derived : base {
	int f() const override { return 2; }
};
template <class T>
concept number = std::integral<T> || std::floating_point<T>;
template <number T>
T
twice(T x)
{
	return x + x;
}
struct pair_like {
	int a;
	std::string b;
};
} // namespace features
template <>
struct std::hash<features::point> {
	size_t operator()(const features::point &p) const { return std::hash<int>()(p.x) ^ p.y; }
};
static const std::string greeting = "hello"s;
static std::once_flag once;

int
containers(std::ostream &out)
{
	std::unordered_map<features::point, std::vector<std::string>> m;
	std::map<std::string, std::list<int>, std::less<>> sorted{ { "a", { 1, 2 } }, { "b", {} } };
	std::set<features::point> points{ { 1, 2 }, { 0, 5 } };
	std::deque<std::any> any{ 1, 2.5, "x"s };
	std::bitset<40> bits(0b1011);
	std::valarray<double> v{ 1, 2, 3 };

	m[{ 1, 2 }].emplace_back("x");
	for (const auto &[key, value] : m)
		out << key << value.size();
	for (auto &p : points)
		out << p << (p < features::point{ 1, 1 });
	if (auto i = sorted.find("a"sv); i != sorted.end())
		out << i->second.front();
	out << std::any_cast<int>(any.front()) << bits << (v * v).sum() << std::setw(4) << std::hex << 255;
	return static_cast<int>(m.size());
}

int
algorithms(std::ostream &out)
{
	std::vector<int> a(10);
	std::mt19937 random(7);

	std::iota(a.begin(), a.end(), 0);
	std::shuffle(a.begin(), a.end(), random);
	std::ranges::sort(a, std::greater{}, [](int x) { return x % 3; });
	for (int x : a | std::views::filter([](int x) { return x & 1; }) | std::views::transform(features::twice<int>))
		out << x;
	std::sort(begin(a), end(a), [](auto x, auto y) { return x > y; });
	std::copy(a.begin(), a.end(), std::ostream_iterator<int>(out, " "));
	return std::accumulate(a.begin(), a.end(), 0) + static_cast<int>(std::ssize(a));
}

int
types(std::ostream &out)
{
	std::variant<int, std::string, features::pair_like> v = features::pair_like{ 1, "b" };
	std::optional<std::complex<double>> c = 1.0 + 2i;
	auto t = std::tuple(1, "x"s, 2.5);
	auto &[i, s, d] = t;
	std::unique_ptr<features::base> p = std::make_unique<features::derived>();
	std::shared_ptr<features::base> q = std::make_shared<features::derived>();
	std::function<int(int)> f = [&](int x) { return x + p->f(); };
	std::span<const int> view;

	std::visit([&](auto &&x) { out << sizeof(x); }, v);
	out << c->real() << i << s << d << std::get<1>(t) << f(1) << view.size() << typeid(*q).name();
	if (auto *e = dynamic_cast<features::derived *>(q.get()))
		out << e->f() << std::type_index(typeid(e)).name();
	return std::apply([](auto... x) { return static_cast<int>(sizeof...(x)); }, t);
}

int
threads(std::ostream &out)
{
	std::atomic<int> n = 0;
	std::mutex lock;
	auto later = std::async(std::launch::deferred, [&] { return ++n; });
	std::thread other([&] {
		std::scoped_lock held(lock);
		std::this_thread::sleep_for(1ms);
		n.fetch_add(2);
	});

	other.join();
	std::call_once(once, [&] { out << greeting; });
	for (auto g = features::count(3); !g.handle.done(); g.handle.resume())
		n += g.handle.promise().value;
	return n + later.get();
}

int
texts(std::ostream &out)
{
	std::regex word("(\\w+)-(\\d+)");
	std::smatch found;
	std::string text = "item-42";
	std::stringstream in("1 2 x");
	int a = 0, b = 0;

	if (std::regex_match(text, found, word))
		out << found[1] << std::stoi(found[2].str());
	in >> a >> b >> text;
	out << std::quoted(text) << std::filesystem::path("/a") / "b" << std::chrono::duration<double>(90s).count();
	try {
		throw std::system_error(std::make_error_code(std::errc::io_error), text);
	} catch (const std::exception &e) {
		out << e.what();
	}
	return a + b;
}

int
main()
{
	return containers(std::cout) + algorithms(std::cout) + types(std::cout) + threads(std::cout) + texts(std::cout);
}
