/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/types.h"

/*
 * The registers of a piece of code that stands still, and the switch between two of them. Own
 * assembly on x86-64 and arm64; ucontext (a system call a switch) elsewhere, or everywhere with
 * -DENGINE_UCONTEXT. Floating-point control words and signal masks are not switched: nothing in
 * a simulation changes them.
 */
#if defined(__x86_64__) && defined(__LP64__) && !defined(ENGINE_UCONTEXT)
#define CONTEXT_X86_64
#elif defined(__aarch64__) && defined(__LP64__) && !defined(ENGINE_UCONTEXT)
#define CONTEXT_ARM64
#else
#define CONTEXT_UCONTEXT
#include <ucontext.h>
#endif

struct context {
#ifdef CONTEXT_UCONTEXT
	ucontext_t uc;
#else
	void *sp; /* everything else is saved below it */
#endif
};

typedef void (*context_fn)(void *arg);

/*
 * Makes ctx stand before entry(arg) on a stack of `size` bytes from `stack` up. entry must not
 * return. ctx stays where it is from now on.
 */
void context_init(struct context *ctx, void *stack, size_t size, context_fn entry, void *arg);

/* Saves the running code in `from` and goes on with `to`; returns when somebody goes back. */
void context_switch(struct context *from, struct context *to);
