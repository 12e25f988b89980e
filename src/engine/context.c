/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Switching stacks. To the compiler context_switch() is an ordinary call, so only the registers
 * that a callee must preserve are saved: on the stack being left, under its return address.
 * Sources: System V ABI, AMD64 supplement 1.0, section 3.2; Procedure Call Standard for the Arm
 * 64-bit Architecture, section 6.1.
 */
#include "engine/context.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#ifdef CONTEXT_X86_64

/* Saves the callee-saved registers and the stack pointer; loads the other's. */
void context_swap(void **from_sp, void *to_sp) __attribute__((visibility("hidden")));
/* The first "return address" of a context: calls entry(arg). */
void context_start(void) __attribute__((visibility("hidden")));

__asm__(".text\n"
	".p2align 4\n"
	".globl context_swap\n"
	".hidden context_swap\n"
	".type context_swap, @function\n"
	"context_swap:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	".size context_swap, .-context_swap\n"
	".p2align 4\n"
	".globl context_start\n"
	".hidden context_start\n"
	".type context_start, @function\n"
	"context_start:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined rip\n"
	"	movq %r12, %rdi\n"
	"	call *%rbx\n"
	"	ud2\n"
	"	.cfi_endproc\n"
	".size context_start, .-context_start\n");

void context_init(struct context *ctx, void *stack, size_t size, context_fn entry, void *arg)
{
	/* The six registers and the return address that context_swap pops; rsp is then aligned. */
	u64 *sp = (u64 *)(((uintptr_t)stack + size) & ~(uintptr_t)15) - 9;

	memset(sp, 0, 9 * sizeof(*sp));
	sp[3] = (u64)(uintptr_t)arg;   /* r12 */
	sp[4] = (u64)(uintptr_t)entry; /* rbx */
	sp[6] = (u64)(uintptr_t)context_start;
	ctx->sp = sp;
}

#elif defined(CONTEXT_ARM64)

/* Both as above. */
void context_swap(void **from_sp, void *to_sp) __attribute__((visibility("hidden")));
void context_start(void) __attribute__((visibility("hidden")));

__asm__(".text\n"
	".p2align 4\n"
	".globl context_swap\n"
	".hidden context_swap\n"
	".type context_swap, %function\n"
	"context_swap:\n"
	"	sub sp, sp, #160\n"
	"	stp x19, x20, [sp, #0]\n"
	"	stp x21, x22, [sp, #16]\n"
	"	stp x23, x24, [sp, #32]\n"
	"	stp x25, x26, [sp, #48]\n"
	"	stp x27, x28, [sp, #64]\n"
	"	stp x29, x30, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	mov x9, sp\n"
	"	str x9, [x0]\n"
	"	mov sp, x1\n"
	"	ldp x19, x20, [sp, #0]\n"
	"	ldp x21, x22, [sp, #16]\n"
	"	ldp x23, x24, [sp, #32]\n"
	"	ldp x25, x26, [sp, #48]\n"
	"	ldp x27, x28, [sp, #64]\n"
	"	ldp x29, x30, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	add sp, sp, #160\n"
	"	ret\n"
	".size context_swap, .-context_swap\n"
	".p2align 4\n"
	".globl context_start\n"
	".hidden context_start\n"
	".type context_start, %function\n"
	"context_start:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined x30\n"
	"	mov x0, x20\n"
	"	blr x19\n"
	"	brk #1\n"
	"	.cfi_endproc\n"
	".size context_start, .-context_start\n");

void context_init(struct context *ctx, void *stack, size_t size, context_fn entry, void *arg)
{
	/* The twenty registers that context_swap pops; its `ret` goes to x30. */
	u64 *sp = (u64 *)(((uintptr_t)stack + size) & ~(uintptr_t)15) - 20;

	memset(sp, 0, 20 * sizeof(*sp));
	sp[0] = (u64)(uintptr_t)entry; /* x19 */
	sp[1] = (u64)(uintptr_t)arg;   /* x20 */
	sp[11] = (u64)(uintptr_t)context_start;
	ctx->sp = sp;
}

#else

/* makecontext() passes ints only, so both pointers come in halves. */
static void context_start(u32 entry_high, u32 entry_low, u32 arg_high, u32 arg_low)
{
	context_fn entry = (context_fn)(uintptr_t)((u64)entry_high << 32 | entry_low);

	entry((void *)(uintptr_t)((u64)arg_high << 32 | arg_low));
	abort();
}

void context_init(struct context *ctx, void *stack, size_t size, context_fn entry, void *arg)
{
	u64 e = (u64)(uintptr_t)entry, a = (u64)(uintptr_t)arg;
	int failed = getcontext(&ctx->uc);

	assert(!failed);
	(void)failed;
	ctx->uc.uc_stack.ss_sp = stack;
	ctx->uc.uc_stack.ss_size = size;
	ctx->uc.uc_link = NULL;
	makecontext(&ctx->uc, (void (*)(void))context_start, 4, (u32)(e >> 32), (u32)e,
		    (u32)(a >> 32), (u32)a);
}

#endif

void context_switch(struct context *from, struct context *to)
{
#ifdef CONTEXT_UCONTEXT
	int failed = swapcontext(&from->uc, &to->uc);

	assert(!failed);
	(void)failed;
#else
	context_swap(&from->sp, to->sp);
#endif
}
