/*
 * What every file of ours may use: attributes, array length, container_of.
 *
 * Includes nothing of ours.
 */
#ifndef HOLD_BASE_H
#define HOLD_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_MUSTUSE      __attribute__((warn_unused_result))
#define HF_NORETURN     __attribute__((noreturn))
#define HF_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define HF_LIKELY(x)    __builtin_expect(!!(x), 1)
#define HF_UNLIKELY(x)  __builtin_expect(!!(x), 0)

#define HF_LEN(array) (sizeof(array) / sizeof((array)[0]))
#define HF_UNUSED(x)  ((void)(x))

/* The struct of type T whose member m is at p. */
#define HF_CONTAINER_OF(p, T, m) ((T *)(void *)((char *)(p)-offsetof(T, m)))

#endif
