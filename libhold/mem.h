/*
 * Allocation that zeroes, and ends the process when there is no memory.
 *
 * Nothing here returns NULL, so no caller has an untested half-path: what a
 * peer can make us allocate is bounded by limits before it comes here.
 */
#ifndef HOLD_MEM_H
#define HOLD_MEM_H

#include "libhold/base.h"

#define hf_new(T)          ((T *)hf_alloc(sizeof(T)))
#define hf_new_array(T, n) ((T *)hf_alloc_array((n), sizeof(T)))

/* len_bytes of zeroes; the caller frees with free(). */
void *hf_alloc(size_t len_bytes) HF_MUSTUSE;

/* n zeroed items of size bytes each; a product that overflows ends us. */
void *hf_alloc_array(size_t n, size_t size) HF_MUSTUSE;

/* Grows or shrinks p to n items of size bytes; new bytes are NOT zeroed. */
void *hf_realloc_array(void *p, size_t n, size_t size) HF_MUSTUSE;

/* Copies; the caller frees. hf_strndup ends the copy with a NUL. */
void *hf_memdup(const void *p, size_t len_bytes) HF_MUSTUSE;
char *hf_strdup(const char *s) HF_MUSTUSE;
char *hf_strndup(const char *s, size_t len_bytes) HF_MUSTUSE;

#endif
