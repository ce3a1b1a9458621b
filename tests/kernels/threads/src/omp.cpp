// Each function uses one part of OpenMP and returns 1 where it did what it should.
#include "meet.h"
#include <omp.h>
#include <vector>

extern "C" int threads_max() { return omp_get_max_threads(); }

extern "C" int
threads_meet(int n)
{
	std::atomic<int> here{0}, met{0};

#pragma omp parallel num_threads(n)
	met += meet(here, n) && omp_get_num_threads() == n;
	return met == n;
}

extern "C" int
threads_loops()
{
	std::vector<int> a(1000), b(1000), c(1000), d(1000);
	int last = 0;

#pragma omp parallel for schedule(static) lastprivate(last)
	for (int i = 0; i < 1000; i++)
		a[i] = last = i;
#pragma omp parallel for schedule(dynamic, 7)
	for (int i = 0; i < 1000; i++)
		b[i] = i;
#pragma omp parallel for schedule(guided)
	for (int i = 0; i < 1000; i++)
		c[i] = i;
#pragma omp parallel for collapse(2) schedule(monotonic : dynamic)
	for (int i = 0; i < 10; i++)
		for (int k = 0; k < 100; k++)
			d[i * 100 + k] = i * 100 + k;
	for (int i = 0; i < 1000; i++)
		if (a[i] != i || b[i] != i || c[i] != i || d[i] != i)
			return 0;
	return last == 999;
}

struct pair {
	long sum, most;
};
#pragma omp declare reduction(both : pair : omp_out.sum += omp_in.sum, \
	omp_out.most = omp_out.most > omp_in.most ? omp_out.most : omp_in.most) initializer(omp_priv = pair{0, 0})

extern "C" int
threads_reductions()
{
	long sum = 0, counted = 0;
	double most = 0;
	pair p{0, 0};

#pragma omp parallel for reduction(+ : sum) reduction(max : most) reduction(both : p)
	for (int i = 1; i <= 1000; i++) {
		sum += i;
		most = i > most ? i : most;
		p.sum += i;
		p.most = i > p.most ? i : p.most;
#pragma omp atomic
		counted++;
	}
	return sum == 500500 && most == 1000 && p.sum == 500500 && p.most == 1000 && counted == 1000;
}

static long
fibonacci(int n)
{
	long x, y;

	if (n < 2)
		return n;
#pragma omp task shared(x) if (n > 5)
	x = fibonacci(n - 1);
#pragma omp task shared(y) if (n > 5)
	y = fibonacci(n - 2);
#pragma omp taskwait
	return x + y;
}

extern "C" int
threads_tasks()
{
	long f = 0, order = 0;
	std::vector<int> seen(100);

#pragma omp parallel num_threads(4)
#pragma omp single
	{
		f = fibonacci(15);
#pragma omp task depend(out : order)
		order = 1;
#pragma omp task depend(inout : order)
		order = order * 10 + 2;
#pragma omp taskloop
		for (int i = 0; i < 100; i++)
			seen[i]++;
	}
	for (int s : seen)
		if (s != 1)
			return 0;
	return f == 610 && order == 12;
}

extern "C" int
threads_locks()
{
	omp_lock_t lock;
	omp_nest_lock_t nest;
	int a = 0, b = 0, c = 0, deep = 0;

	omp_init_lock(&lock);
	omp_init_nest_lock(&nest);
#pragma omp parallel num_threads(4)
	for (int i = 0; i < 1000; i++) {
		omp_set_lock(&lock);
		a++;
		omp_unset_lock(&lock);
		omp_set_nest_lock(&nest);
		omp_set_nest_lock(&nest);
		b++;
		omp_unset_nest_lock(&nest);
		omp_unset_nest_lock(&nest);
#pragma omp critical(counting)
		c++;
	}
	deep = omp_test_nest_lock(&nest) + omp_test_nest_lock(&nest);
	omp_unset_nest_lock(&nest);
	omp_unset_nest_lock(&nest);
	omp_destroy_nest_lock(&nest);
	omp_destroy_lock(&lock);
	return a == 4000 && b == 4000 && c == 4000 && deep == 3;
}

static int own;
#pragma omp threadprivate(own)

extern "C" int
threads_private()
{
	std::atomic<int> right{0};
	int ordered = 0, wrong = 0, given = 0, sections = 0;

	own = 5;
#pragma omp parallel num_threads(3) copyin(own)
	{
		own += omp_get_thread_num();
#pragma omp barrier
		right += own == 5 + omp_get_thread_num();
	}
#pragma omp parallel for ordered num_threads(3) schedule(static, 1)
	for (int i = 0; i < 30; i++) {
#pragma omp ordered
		wrong += ordered++ != i;
	}
#pragma omp parallel num_threads(3) reduction(+ : given)
	{
		int mine;

#pragma omp single copyprivate(mine)
		mine = 7;
		given = mine;
	}
#pragma omp parallel sections reduction(+ : sections)
	{
#pragma omp section
		sections += 1;
#pragma omp section
		sections += 2;
	}
	return right == 3 && !wrong && given == 21 && sections == 3;
}

#pragma omp declare simd notinbranch
static float
twice(float x)
{
	return 2 * x;
}

extern "C" int
threads_simd()
{
	float a[64], sum = 0;

	for (int i = 0; i < 64; i++)
		a[i] = (float)i;
#pragma omp simd reduction(+ : sum)
	for (int i = 0; i < 64; i++)
		sum += twice(a[i]);
#pragma omp parallel for simd
	for (int i = 0; i < 64; i++)
		a[i] = twice(a[i]);
	return sum == 4032 && a[63] == 126;
}
