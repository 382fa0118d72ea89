/* SPDX-License-Identifier: MIT */
/* The classic BPF machine of seccomp: two registers, sixteen words of memory. */
#include "bpfsim.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Every instruction that seccomp_check_filter lets through. */
static bool is_allowed(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_ALU | BPF_ADD | BPF_K:
	case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_K:
	case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_K:
	case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_DIV | BPF_K:
	case BPF_ALU | BPF_DIV | BPF_X:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_LSH | BPF_X:
	case BPF_ALU | BPF_RSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_X:
	case BPF_ALU | BPF_NEG:
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return true;
	default:
		return false;
	}
}

static bool is_memory(uint16_t code)
{
	return code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM) || code == BPF_ST || code == BPF_STX;
}

/* One instruction at `at` of n, without its neighbours; NULL or what is wrong. */
static const char *check_one(const struct sock_filter *i, size_t at, size_t n)
{
	size_t left = n - at - 1;

	if (!is_allowed(i->code))
		return "unknown instruction";
	if (i->code == (BPF_LD | BPF_W | BPF_ABS) &&
	    (i->k >= sizeof(struct seccomp_data) || i->k % sizeof(uint32_t) != 0))
		return "load outside the call's data";
	if (is_memory(i->code) && i->k >= BPF_MEMWORDS)
		return "memory word out of range";
	if (i->code == (BPF_ALU | BPF_DIV | BPF_K) && i->k == 0)
		return "division by zero";
	if ((i->code == (BPF_ALU | BPF_LSH | BPF_K) || i->code == (BPF_ALU | BPF_RSH | BPF_K)) && i->k >= 32)
		return "shift by 32 or more";
	if (i->code == (BPF_JMP | BPF_JA) && i->k >= left)
		return "jump out of the program";
	if (BPF_CLASS(i->code) == BPF_JMP && i->code != (BPF_JMP | BPF_JA) &&
	    (i->jt >= left || i->jf >= left))
		return "jump out of the program";
	return NULL;
}

/*
 * Loads from memory words only where every path has stored before. Jumps go
 * forward only, so one pass sees all paths: known[i] is what holds at i.
 */
static const char *check_stores(const struct sock_filter *insn, size_t n, size_t *at)
{
	static const uint16_t none = 0xffff;
	uint16_t known[BPF_MAXINSNS], valid = 0;

	memset(known, 0xff, n * sizeof(*known));
	for (*at = 0; *at < n; (*at)++) {
		const struct sock_filter *i = &insn[*at];

		valid &= known[*at];
		if (i->code == BPF_ST || i->code == BPF_STX)
			valid = (uint16_t)(valid | 1U << i->k);
		if (is_memory(i->code) && BPF_CLASS(i->code) <= BPF_LDX && !(valid & 1U << i->k))
			return "memory word read before it was written";
		if (i->code == (BPF_JMP | BPF_JA)) {
			known[*at + 1 + i->k] &= valid;
			valid = none;
		} else if (BPF_CLASS(i->code) == BPF_JMP) {
			known[*at + 1 + i->jt] &= valid;
			known[*at + 1 + i->jf] &= valid;
			valid = none;
		}
	}
	return NULL;
}

int bpfsim_check(const struct sock_filter *insn, size_t n, struct diag *d)
{
	const char *wrong = NULL;
	size_t at;

	if (n == 0 || n > BPF_MAXINSNS)
		return diag_set(d, -EINVAL, "program of %zu instructions", n);
	for (at = 0; at < n; at++) {
		wrong = check_one(&insn[at], at, n);
		if (wrong != NULL)
			return diag_set(d, -EINVAL, "instruction %zu: %s", at, wrong);
	}
	if (BPF_CLASS(insn[n - 1].code) != BPF_RET)
		return diag_set(d, -EINVAL, "instruction %zu: the last is not a return", n - 1);
	wrong = check_stores(insn, n, &at);
	if (wrong != NULL)
		return diag_set(d, -EINVAL, "instruction %zu: %s", at, wrong);
	return 0;
}

struct machine {
	uint32_t a, x, mem[BPF_MEMWORDS];
};

static uint32_t word_at(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t w;

	memcpy(&w, (const char *)data + offset, sizeof(w));
	return w;
}

/* False: division by zero, on which the kernel ends the program with 0. */
static bool alu(struct machine *m, uint16_t code, uint32_t k)
{
	uint32_t v = BPF_SRC(code) == BPF_X ? m->x : k;

	switch (BPF_OP(code)) {
	case BPF_ADD:
		m->a += v;
		break;
	case BPF_SUB:
		m->a -= v;
		break;
	case BPF_MUL:
		m->a *= v;
		break;
	case BPF_DIV:
		if (v == 0)
			return false;
		m->a /= v;
		break;
	case BPF_AND:
		m->a &= v;
		break;
	case BPF_OR:
		m->a |= v;
		break;
	case BPF_XOR:
		m->a ^= v;
		break;
	/* The machine shifts by the low five bits of X. */
	case BPF_LSH:
		m->a <<= v & 31;
		break;
	case BPF_RSH:
		m->a >>= v & 31;
		break;
	case BPF_NEG:
		m->a = 0U - m->a;
		break;
	default:
		break;
	}
	return true;
}

/* How many instructions to skip. */
static size_t jump(const struct machine *m, const struct sock_filter *i)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;
	bool taken = false;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
		return i->k;
	case BPF_JEQ:
		taken = m->a == v;
		break;
	case BPF_JGE:
		taken = m->a >= v;
		break;
	case BPF_JGT:
		taken = m->a > v;
		break;
	case BPF_JSET:
		taken = (m->a & v) != 0;
		break;
	default:
		break;
	}
	return taken ? i->jt : i->jf;
}

/* Loads, stores and moves. */
static void move(struct machine *m, const struct sock_filter *i, const struct seccomp_data *data)
{
	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		m->a = word_at(data, i->k);
		break;
	case BPF_LD | BPF_W | BPF_LEN:
		m->a = sizeof(*data);
		break;
	case BPF_LDX | BPF_W | BPF_LEN:
		m->x = sizeof(*data);
		break;
	case BPF_LD | BPF_IMM:
		m->a = i->k;
		break;
	case BPF_LDX | BPF_IMM:
		m->x = i->k;
		break;
	case BPF_LD | BPF_MEM:
		m->a = m->mem[i->k];
		break;
	case BPF_LDX | BPF_MEM:
		m->x = m->mem[i->k];
		break;
	case BPF_ST:
		m->mem[i->k] = m->a;
		break;
	case BPF_STX:
		m->mem[i->k] = m->x;
		break;
	case BPF_MISC | BPF_TAX:
		m->x = m->a;
		break;
	case BPF_MISC | BPF_TXA:
		m->a = m->x;
		break;
	default:
		break;
	}
}

uint32_t bpfsim_run(const struct sock_filter *insn, size_t n, const struct seccomp_data *data, struct diag *d)
{
	struct machine m = { 0 };

	if (bpfsim_check(insn, n, d) < 0)
		return SECCOMP_RET_KILL_PROCESS;
	/* Jumps go forward and the last instruction returns, so this ends. */
	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &insn[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
		case BPF_ALU:
			if (!alu(&m, i->code, i->k))
				return SECCOMP_RET_KILL_THREAD;
			break;
		case BPF_JMP:
			pc += jump(&m, i);
			break;
		default:
			move(&m, i, data);
			break;
		}
	}
	return SECCOMP_RET_KILL_PROCESS;
}
