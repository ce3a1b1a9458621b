// Kernels that only templates of the standard library instantiate, by calls without a name.
#include <memory>
#include <tuple>
#include <variant>

template <class T>
__global__ void kernel(T *p)
{
	p[threadIdx.x] += T(1);
}

template <class T>
void launch()
{
	kernel<<<1, 32>>>(static_cast<T *>(nullptr));
}

struct base {
	virtual void go() = 0;
	virtual ~base() = default;
};

template <class T>
struct derived : base {
	void go() override { launch<T>(); }
};

template <class T>
struct at_birth {
	at_birth() { launch<T>(); }
};

template <class T>
struct at_death {
	~at_death() { launch<T>(); }
};

struct visitor {
	template <class T>
	void operator()(T) const
	{
		launch<T>();
	}
};

void run_nameless(std::variant<short, char> v)
{
	std::unique_ptr<base> p = std::make_unique<derived<int>>();

	p->go();
	(void)std::make_shared<at_birth<float>>();
	(void)std::make_shared<at_death<double>>();
	std::visit(visitor(), v);
	std::apply([](auto... x) { (launch<decltype(x)>(), ...); }, std::make_tuple(1L, 2U));
}
