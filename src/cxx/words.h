/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words with a meaning of their own. Those of W_KEYWORDS can name nothing; the others are special
 * in some places only, and may be names of declarations too.
 */
#ifndef CXX_WORDS_H
#define CXX_WORDS_H

/* X(enumerator, spelling) */
#define W_KEYWORDS(X) \
	X(ALIGNAS, "alignas") \
	X(ALIGNAS_C, "_Alignas") \
	X(ALIGNOF, "alignof") \
	X(ALIGNOF_GNU, "__alignof__") \
	X(ALIGNOF_GNU2, "__alignof") \
	X(AND, "and") \
	X(AND_EQ, "and_eq") \
	X(ASM, "asm") \
	X(ASM_GNU, "__asm") \
	X(ASM_GNU2, "__asm__") \
	X(ATOMIC, "_Atomic") \
	X(ATTRIBUTE, "__attribute") \
	X(ATTRIBUTE2, "__attribute__") \
	X(AUTO, "auto") \
	X(BITAND, "bitand") \
	X(BITOR, "bitor") \
	X(BOOL, "bool") \
	X(BREAK, "break") \
	X(CASE, "case") \
	X(CATCH, "catch") \
	X(CHAR, "char") \
	X(CHAR16, "char16_t") \
	X(CHAR32, "char32_t") \
	X(CHAR8, "char8_t") \
	X(CLASS, "class") \
	X(COMPL, "compl") \
	X(COMPLEX, "_Complex") \
	X(COMPLEX_GNU, "__complex__") \
	X(CONST, "const") \
	X(CONSTEVAL, "consteval") \
	X(CONSTEXPR, "constexpr") \
	X(CONSTINIT, "constinit") \
	X(CONST_CAST, "const_cast") \
	X(CONST_GNU, "__const") \
	X(CONTINUE, "continue") \
	X(CO_AWAIT, "co_await") \
	X(CO_RETURN, "co_return") \
	X(CO_YIELD, "co_yield") \
	X(DECLSPEC, "__declspec") \
	X(DECLTYPE, "decltype") \
	X(DECLTYPE_GNU, "__decltype") \
	X(DEFAULT, "default") \
	X(DELETE, "delete") \
	X(DO, "do") \
	X(DOUBLE, "double") \
	X(DYNAMIC_CAST, "dynamic_cast") \
	X(ELSE, "else") \
	X(ENUM, "enum") \
	X(EXPLICIT, "explicit") \
	X(EXPORT, "export") \
	X(EXTENSION, "__extension__") \
	X(EXTERN, "extern") \
	X(FALSE, "false") \
	X(FLOAT, "float") \
	X(FLOAT128, "__float128") \
	X(FOR, "for") \
	X(FORCEINLINE, "__forceinline") \
	X(FRIEND, "friend") \
	X(GOTO, "goto") \
	X(IF, "if") \
	X(IMAG, "__imag__") \
	X(IMAG2, "__imag") \
	X(INLINE, "inline") \
	X(INLINE_GNU, "__inline") \
	X(INLINE_GNU2, "__inline__") \
	X(INT, "int") \
	X(INT128, "__int128") \
	X(INT128_T, "__int128_t") \
	X(LABEL, "__label__") \
	X(LOCATION, "__location__") \
	X(LONG, "long") \
	X(MUTABLE, "mutable") \
	X(NAMESPACE, "namespace") \
	X(NEW, "new") \
	X(NOEXCEPT, "noexcept") \
	X(NORETURN, "_Noreturn") \
	X(NOT, "not") \
	X(NOT_EQ, "not_eq") \
	X(NULLPTR, "nullptr") \
	X(OPERATOR, "operator") \
	X(OR, "or") \
	X(OR_EQ, "or_eq") \
	X(PRIVATE, "private") \
	X(PROTECTED, "protected") \
	X(PUBLIC, "public") \
	X(REAL, "__real__") \
	X(REAL2, "__real") \
	X(REGISTER, "register") \
	X(REINTERPRET_CAST, "reinterpret_cast") \
	X(RESTRICT, "__restrict") \
	X(RESTRICT2, "__restrict__") \
	X(RETURN, "return") \
	X(SHORT, "short") \
	X(SIGNED, "signed") \
	X(SIGNED_GNU, "__signed__") \
	X(SIGNED_GNU2, "__signed") \
	X(SIZEOF, "sizeof") \
	X(STATIC, "static") \
	X(STATIC_ASSERT, "static_assert") \
	X(STATIC_ASSERT_C, "_Static_assert") \
	X(STATIC_CAST, "static_cast") \
	X(STRUCT, "struct") \
	X(SWITCH, "switch") \
	X(TEMPLATE, "template") \
	X(THIS, "this") \
	X(THREAD, "__thread") \
	X(THREAD_LOCAL, "thread_local") \
	X(THROW, "throw") \
	X(TRUE, "true") \
	X(TRY, "try") \
	X(TYPEDEF, "typedef") \
	X(TYPEID, "typeid") \
	X(TYPENAME, "typename") \
	X(TYPEOF, "typeof") \
	X(TYPEOF_GNU, "__typeof") \
	X(TYPEOF_GNU2, "__typeof__") \
	X(UNDERLYING, "__underlying_type") \
	X(UNION, "union") \
	X(UNSIGNED, "unsigned") \
	X(USING, "using") \
	X(VIRTUAL, "virtual") \
	X(VOID, "void") \
	X(VOLATILE, "volatile") \
	X(VOLATILE_GNU, "__volatile__") \
	X(VOLATILE_GNU2, "__volatile") \
	X(WCHAR, "wchar_t") \
	X(WHILE, "while") \
	X(XOR, "xor") \
	X(XOR_EQ, "xor_eq")
#define W_SPECIAL(X) \
	X(CONCEPT, "concept") \
	X(FINAL, "final") \
	X(OVERRIDE, "override") \
	X(REQUIRES, "requires") \
	/* in attributes */ \
	X(AT_CONSTANT, "constant") \
	X(AT_CONSTANT2, "__constant__") \
	X(AT_DEVICE, "device") \
	X(AT_DEVICE2, "__device__") \
	X(AT_GLOBAL, "global") \
	X(AT_GLOBAL2, "__global__") \
	X(AT_HOST, "host") \
	X(AT_HOST2, "__host__") \
	X(AT_MANAGED, "managed") \
	X(AT_MANAGED2, "__managed__") \
	X(AT_SHARED, "shared") \
	X(AT_SHARED2, "__shared__")

#define W_ENUM(enumerator, spelling) W_##enumerator,
enum word {
	W_KEYWORDS(W_ENUM) W_N_KEYWORDS,
	W_BEFORE_SPECIAL = W_N_KEYWORDS - 1, /* the next one has the number W_N_KEYWORDS */
	W_SPECIAL(W_ENUM) W_N,
};
#undef W_ENUM
#endif
