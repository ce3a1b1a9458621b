// Extended lambdas in every place that may hold one.
#include "lambdas.cuh"
#include <algorithm>
#include <functional>
#include <vector>

struct scale {
	float by;
	int offset;
	__host__ __device__ float of(float x) const { return x * by + offset; }
};

template <class T>
void in_template(float *p, T a)
{
	launch(p, [=] __device__(float x) { return x + float(a); });
}

struct holder {
	scale s;
	void in_member(float *p)
	{
		scale own = s;

		launch(p, [=] __device__(float x) { return own.of(x); });
	}
	template <class T>
	void in_member_template(float *p, T a)
	{
		launch(p, [=] __device__(float x) { return x - float(a); });
	}
};

template <class F>
void with_type(bool is_double, F f)
{
	if (is_double)
		f();
	else
		f();
}

void run(float *p, std::vector<float> &host, bool b)
{
	scale s{ 2, 3 };
	auto both = [=] __host__ __device__(float x) { return s.of(x); };

	launch(p, both);
	std::transform(host.begin(), host.end(), host.begin(), both);
	through(p, [=] __device__(float x) { return x / s.by; });
	in_template(p, 1);
	in_template(p, 2.0);
	holder{ s }.in_member(p);
	holder{ s }.in_member_template(p, 1L);
	from_header(p);
	// As AT_DISPATCH has it: in a lambda of the host's, with a type of its own.
	with_type(b, [&] {
		using scalar_t = double;

		launch(p, [] __device__(float x) -> float { return scalar_t(x) * 5; });
	});
	std::function<void()> later = [=] { launch(p, [=] __device__(float x) { return s.of(x) - 7; }); };
	later();
	std::for_each(host.begin(), host.end(), [=](float y) { launch(p, [=] __device__(float x) { return x + y; }); });
}
