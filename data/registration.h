// Written by kernel-builder. Registers operators under the name of this build of the kernel, so that
// several builds of it can be loaded into one process.
#pragma once

#include <Python.h>

// The indirection expands macro arguments such as TORCH_EXTENSION_NAME before torch pastes them.
#define TORCH_LIBRARY_EXPAND(NAME, MODULE) TORCH_LIBRARY(NAME, MODULE)
#define TORCH_LIBRARY_IMPL_EXPAND(NAME, DEVICE, MODULE) TORCH_LIBRARY_IMPL(NAME, DEVICE, MODULE)
#define STABLE_TORCH_LIBRARY_EXPAND(NAME, MODULE) STABLE_TORCH_LIBRARY(NAME, MODULE)
#define STABLE_TORCH_LIBRARY_IMPL_EXPAND(NAME, DEVICE, MODULE) \
	STABLE_TORCH_LIBRARY_IMPL(NAME, DEVICE, MODULE)

#define KERNEL_BUILDER_PASTE_(A, B) A##B
#define KERNEL_BUILDER_PASTE(A, B) KERNEL_BUILDER_PASTE_(A, B)
#define KERNEL_BUILDER_TEXT_(A) #A
#define KERNEL_BUILDER_TEXT(A) KERNEL_BUILDER_TEXT_(A)

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
