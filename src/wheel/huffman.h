/* SPDX-License-Identifier: Apache-2.0 */
/* Huffman codes as RFC 1951 has them: canonical, of limited length. */
#ifndef WHEEL_HUFFMAN_H
#define WHEEL_HUFFMAN_H
#include <stdint.h>

enum { HUFFMAN_MAX = 286 };
struct huffman {
	unsigned char len[HUFFMAN_MAX]; /* bits; 0: the symbol is not used */
	uint16_t code[HUFFMAN_MAX];     /* first bit lowest, as it is written */
};
/* A complete code for n symbols that occur that often, none longer than limit bits (at most 15).
 * Where fewer than two occur, symbols 0 and 1 are taken to, for a code needs two. */
void huffman_make(uint32_t *freq, unsigned n, unsigned limit, struct huffman *out);
#endif
