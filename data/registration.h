// Written by kernel-builder. Registers operators under the name of this build of the kernel, so that
// several builds of it can be loaded into one process.
#pragma once

#include <Python.h>

#define KERNEL_BUILDER_PASTE_(A, B) A##B
#define KERNEL_BUILDER_PASTE(A, B) KERNEL_BUILDER_PASTE_(A, B)
#define KERNEL_BUILDER_TEXT_(A) #A
#define KERNEL_BUILDER_TEXT(A) KERNEL_BUILDER_TEXT_(A)

// The name's last part is filled in when the library is linked, so the compiler must leave the text in one piece: it may not
// know what it is.
static inline const char *kernel_builder_name(const char *name)
{
	__asm__("" : "+r"(name));
	return name;
}

// As torch's TORCH_LIBRARY and TORCH_LIBRARY_IMPL, with macro arguments such as TORCH_EXTENSION_NAME expanded.
#define TORCH_LIBRARY_EXPAND(NAME, MODULE) \
	KERNEL_BUILDER_LIBRARY_(KERNEL_BUILDER_PASTE(kernel_builder_library_, NAME), DEF, NAME, {}, MODULE)
#define TORCH_LIBRARY_IMPL_EXPAND(NAME, DEVICE, MODULE) \
	KERNEL_BUILDER_LIBRARY_(KERNEL_BUILDER_PASTE(KERNEL_BUILDER_PASTE(kernel_builder_##DEVICE##_, __COUNTER__), NAME), \
		IMPL, NAME, c10::DispatchKey::DEVICE, MODULE)
#define KERNEL_BUILDER_LIBRARY_(INIT, KIND, NAME, KEY, MODULE) \
	KERNEL_BUILDER_LIBRARY(INIT, KIND, NAME, KEY, MODULE)
#define KERNEL_BUILDER_LIBRARY(INIT, KIND, NAME, KEY, MODULE) \
	static void INIT(torch::Library &); \
	static const torch::detail::TorchLibraryInit INIT##_registration(torch::Library::KIND, &INIT, \
		kernel_builder_name(KERNEL_BUILDER_TEXT(NAME)), KEY, __FILE__, __LINE__); \
	void INIT(torch::Library &MODULE)
#define STABLE_TORCH_LIBRARY_EXPAND(NAME, MODULE) STABLE_TORCH_LIBRARY(NAME, MODULE)
#define STABLE_TORCH_LIBRARY_IMPL_EXPAND(NAME, DEVICE, MODULE) \
	STABLE_TORCH_LIBRARY_IMPL(NAME, DEVICE, MODULE)

// An empty Python module of that name: importing it runs the registrations.
#define REGISTER_EXTENSION(NAME) \
	PyMODINIT_FUNC KERNEL_BUILDER_PASTE(PyInit_, NAME)() \
	{ \
		static struct PyModuleDef module = { \
			PyModuleDef_HEAD_INIT, KERNEL_BUILDER_TEXT(NAME), nullptr, 0, nullptr, \
			nullptr, nullptr, nullptr, nullptr \
		}; \
		return PyModule_Create(&module); \
	}
