/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept because nothing needs to name it. */
#include "formats/root.h"
#include "slim/reach.h"

static bool
has_flag(const struct decl *d, uint32_t flags)
{
	return (d->flags & flags) != 0;
}

/*
 * What is looked up though no text names it. Namespaces are joined by "::"; "." in front means
 * members of any class, "()" in front functions that argument-dependent look-up finds.
 */
static const struct {
	const char *name, *why;
} implicit[] = {
	{ ".begin", "range-for" },
	{ ".end", "range-for" },
	{ "()begin", "range-for" },
	{ "()end", "range-for" },
	{ ".get", "structured bindings" },
	{ "()get", "structured bindings" },
	{ "std::tuple_size", "structured bindings" },
	{ "std::tuple_element", "structured bindings" },
	{ "std::initializer_list", "braced lists" },
	{ "std::type_info", "typeid" },
	{ "std::bad_cast", "dynamic_cast" },
	{ "std::bad_typeid", "typeid" },
	{ "std::bad_alloc", "new" },
	{ "std::bad_array_new_length", "new" },
	{ "std::align_val_t", "new of what is aligned more than usual" },
	{ "std::nothrow_t", "new" },
	{ "std::destroying_delete_t", "delete" },
	{ "std::size_t", "sizeof, new" },
	{ "std::nullptr_t", "nullptr" },
	{ "size_t", "what cudafe++ writes" },
	{ "exit", "what cudafe++ writes for device functions" },
	{ "atexit", "what cudafe++ writes to register kernels" },
	{ "std::strong_ordering", "<=>" },
	{ "std::weak_ordering", "<=>" },
	{ "std::partial_ordering", "<=>" },
	{ "std::coroutine_traits", "coroutines" },
	{ "std::coroutine_handle", "coroutines" },
	{ ".promise_type", "coroutines" },
	{ ".await_ready", "co_await" },
	{ ".await_suspend", "co_await" },
	{ ".await_resume", "co_await" },
	{ ".await_transform", "co_await" },
	{ ".return_value", "co_return" },
	{ ".return_void", "co_return" },
	{ ".yield_value", "co_yield" },
	{ ".initial_suspend", "coroutines" },
	{ ".final_suspend", "coroutines" },
	{ ".unhandled_exception", "coroutines" },
	{ ".get_return_object", "coroutines" },
	{ ".get_return_object_on_allocation_failure", "coroutines" },
	{ ".from_address", "coroutines" },
	{ "std::source_location", "__builtin_source_location" },
	{ "std::is_constant_evaluated", "if consteval" },
	{ "__cxxabiv1::__class_type_info", "type_info of classes" },
};

/* A number of a name with its namespaces, and the scope that it stands in; NO_NUMBER: the text has
 * none. */
static uint32_t
find_implicit(const struct reach *r, const char *path, uint32_t *scope)
{
	struct str rest = str_of(path);
	const char *colon;

	*scope = GLOBAL_SCOPE;
	while ((colon = strstr(rest.p, "::"))) {
		uint32_t name = lex_find(r->l, (struct str){ rest.p, (size_t)(colon - rest.p) });

		*scope = name == NO_NUMBER ? NO_NUMBER : scopes_child(&r->x, *scope, name);
		if (*scope == NO_NUMBER)
			return NO_NUMBER;
		rest = str_of(colon + 2);
	}
	return lex_find(r->l, rest);
}

static void
reach_implicit(struct reach *r)
{
	for (size_t i = 0; i < sizeof(implicit) / sizeof(*implicit); i++) {
		const char *name = implicit[i].name;
		bool is_member = *name == '.', is_function = *name == '(';
		uint32_t scope,
			number = find_implicit(r, name + is_member + 2 * is_function, &scope);

		if (number == NO_NUMBER)
			continue;
		if (is_member)
			reach_member(r, number);
		else if (is_function)
			reach_function(r, number);
		else
			(void)reach_name(r, scope, number, true);
	}
}

/* A file that belongs to CUDA's C part: what cudafe++ writes uses it, and cudafe++ and cicc know
 * it. */
static bool
is_core_file(const char *file)
{
	static const char *const names[] = { "builtin_types.h", "channel_descriptor.h",
		"common_functions.h", "cuda_device_runtime_api.h", "cuda_runtime.h",
		"cuda_runtime_api.h", "device_launch_parameters.h", "driver_types.h",
		"host_defines.h", "library_types.h", "surface_types.h", "texture_types.h",
		"vector_functions.h", "vector_functions.hpp", "vector_types.h" };
	const char *base = strrchr(file, '/');

	if (!base)
		return false;
	if (strstr(file, "/include/crt/"))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (streq(base + 1, names[i]) && strstr(file, ROOT_CUDA "/"))
			return true;
	}
	return false;
}

/* A variable of arithmetic type whose initialiser calls nothing: leaving it out changes nothing
 * that runs. */
static bool
is_plain_variable(const struct reach *r, const struct decl *d)
{
	const struct lexed *l = r->l;

	for (uint32_t i = d->begin; i < d->end; i++) {
		bool is_own = false;

		if (token_is(l, i, '=') || token_is(l, i, '{')) {
			for (; i < d->end; i++) {
				if ((token_is(l, i, '(') || token_is(l, i, '{')) &&
					token_names(l, i - 1))
					return false;
			}
			return true;
		}
		if ((token_word(l, i, W_ATTRIBUTE2) || token_word(l, i, W_TYPEOF_GNU)) &&
			token_is(l, i + 1, '(')) {
			i = l->token[i + 1].match;
			continue;
		}
		for (uint32_t k = 0; k < d->n_names; k++)
			is_own |=
				token_names(l, i) && l->token[i].value == r->s->names[d->names + k];
		if (token_names(l, i) && !is_own)
			return false;
	}
	return true;
}

static bool
is_cuda_file(const char *file)
{
	return str_has_prefix(file, ROOT_CUDA "/");
}

static bool
is_root_variable(const struct reach *r, const struct decl *d)
{
	uint32_t file = token_file_number(r->l, d->begin);

	if (has_flag(d, DECL_TEMPLATE | DECL_SPECIAL))
		return false;
	/* Registered with the device even when nothing uses them. */
	if (has_flag(d, DECL_DEVICE | DECL_CONSTANT | DECL_MANAGED | DECL_SHARED))
		return true;
	/* CUDA's own headers make them __device__ in device passes, and what cicc writes for the
	 * host names them. */
	if (r->o->pass == SLIM_HOST && is_cuda_file(r->l->file[file]))
		return true;
	if (r->o->pass == SLIM_SLICE)
		return false;
	if (has_flag(d, DECL_CONSTEXPR) ||
		(has_flag(d, DECL_EXTERN) && !has_flag(d, DECL_INITIALISER)))
		return false;
	return !is_plain_variable(r, d);
}

static bool
is_root_function(const struct reach *r, const struct decl *d)
{
	const struct lexed *l = r->l;

	if (has_flag(d, DECL_OPERATOR) && d->n_qualifiers == 0) {
		/* Literals, new and delete have no parameter of a class that tells. */
		for (uint32_t i = d->begin; i < d->end; i++) {
			if (token_word(l, i, W_OPERATOR))
				return l->token[i + 1].kind == TOKEN_STRING ||
				       token_word(l, i + 1, W_NEW) ||
				       token_word(l, i + 1, W_DELETE);
		}
	}
	if (d->n_names == 0 && !has_flag(d, DECL_OPERATOR | DECL_CONSTRUCTOR))
		return true;
	if (has_flag(d, DECL_OTHER_ATTRIBUTE)) {
		for (uint32_t i = d->begin; i < (d->body ? d->body : d->end); i++) {
			if (token_names(l, i) &&
				(str_eq(token_text(l, i), STR("constructor")) ||
					str_eq(token_text(l, i), STR("__constructor__")) ||
					str_eq(token_text(l, i), STR("destructor")) ||
					str_eq(token_text(l, i), STR("__destructor__")) ||
					str_eq(token_text(l, i), STR("used")) ||
					str_eq(token_text(l, i), STR("__used__"))))
				return true;
		}
	}
	/* A definition that is in the object whether it is used or not. */
	return d->body &&
	       !has_flag(d, DECL_TEMPLATE | DECL_INLINE | DECL_CONSTEXPR | DECL_STATIC |
				    DECL_IN_UNNAMED) &&
	       (d->n_qualifiers == 0 || has_flag(d, DECL_SPECIAL));
}

static bool
is_root(const struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];
	uint32_t file = token_file_number(r->l, d->begin);

	if (r->is_user[file] || r->is_core[file] ||
		r->is_user[token_file_number(r->l, d->end - 1)] || r->x.is_lost[decl])
		return true;
	switch (d->kind) {
	case DECL_UNKNOWN:
	case DECL_ASM:
	case DECL_USING_NAMESPACE:
	case DECL_NAMESPACE_ALIAS:
	case DECL_PRAGMA:
	case DECL_INSTANTIATION:
		return true;
	case DECL_USING:
		return d->n_names == 0 && !has_flag(d, DECL_OPERATOR);
	case DECL_CLASS:
	case DECL_ENUM:
		return d->n_names == 0 ||
		       (has_flag(d, DECL_DECLARATORS) && !has_flag(d, DECL_TYPEDEF));
	case DECL_VARIABLE:
		return is_root_variable(r, d);
	case DECL_FUNCTION:
		return is_root_function(r, d);
	default:
		return false;
	}
}

bool
is_essential(const struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];

	switch (d->kind) {
	case DECL_ALIAS:
	case DECL_FORWARD:
	case DECL_CONCEPT:
	case DECL_EMPTY:
		return false;
	case DECL_FRIEND:
		return false;
	case DECL_USING:
		return d->n_names == 0;
	case DECL_CLASS:
	case DECL_ENUM:
		return d->n_names == 0 || has_flag(d, DECL_DECLARATORS);
	case DECL_FUNCTION:
		return d->n_names == 0 ||
		       has_flag(d, DECL_VIRTUAL | DECL_CONSTRUCTOR | DECL_OPERATOR);
	case DECL_VARIABLE:
		/* Static members that are initialised at once take no room and run nothing. */
		return !(has_flag(d, DECL_STATIC) && has_flag(d, DECL_CONSTEXPR));
	default:
		return true;
	}
}

/* The classes whose members an explicit instantiation defines. */
static void
keep_instantiated(struct reach *r, uint32_t decl)
{
	const struct decl *d = &r->s->decl[decl];

	for (uint32_t i = d->begin; i < d->end; i++) {
		struct number_list found = { 0 };

		if (!token_names(r->l, i) || token_is(r->l, i + 1, P_SCOPE))
			continue;
		(void)resolve_path(r, decl, i, &found);
		for (size_t k = 0; k < found.n; k++)
			r->whole[found.v[k]] = true;
	}
}

void
find_files(struct reach *r)
{
	r->is_user = arena_array(r->a, bool, r->l->n_files);
	r->is_core = arena_array(r->a, bool, r->l->n_files);
	r->stays = arena_array(r->a, bool, r->l->n_files);
	for (uint32_t i = 0; i < r->l->n_files; i++) {
		r->is_user[i] = str_has_prefix(r->l->file[i], r->o->user);
		r->is_core[i] = r->o->pass != SLIM_CXX && is_core_file(r->l->file[i]);
		r->stays[i] = r->is_user[i] || r->is_core[i];
	}
}

void
find_roots(struct reach *r)
{
	for (size_t i = 0; i < r->x.scope.n; i++) {
		for (size_t k = 0; k < r->x.scope.v[i].used.n; k++)
			r->is_used[r->x.scope.v[i].used.v[k]] = true;
	}
	for (uint32_t i = 0; i < r->s->n; i++) {
		const struct decl *d = &r->s->decl[i];
		uint32_t file = d->begin < d->end ? token_file_number(r->l, d->begin) : 0;

		if (d->kind == DECL_NAMESPACE || d->kind == DECL_LINKAGE || d->kind == DECL_CLOSE)
			continue;
		if (d->kind == DECL_INSTANTIATION)
			keep_instantiated(r, i);
		if (d->kind == DECL_CLASS && (r->is_user[file] || r->is_core[file]))
			r->whole[r->x.own[i]] = true;
		if (d->n_qualifiers && r->x.scope.v[r->x.target[i]].is_class)
			vec_push(r->a, &r->outside[r->x.target[i]], i);
	}
	for (uint32_t i = 0; i < r->s->n; i++) {
		const struct decl *d = &r->s->decl[i];

		if (d->kind == DECL_NAMESPACE || d->kind == DECL_LINKAGE || d->kind == DECL_CLOSE ||
			d->parent != NO_NUMBER)
			continue;
		r->current = i;
		if (is_root(r, i))
			reach_root(r, i);
		else if (d->kind == DECL_EXTERN_INSTANTIATION || d->kind == DECL_ASSERT ||
			 (d->kind == DECL_FUNCTION && has_flag(d, DECL_OPERATOR) &&
				 d->n_qualifiers == 0))
			vec_push(r->a, &r->pending, i);
	}
	reach_implicit(r);
}
