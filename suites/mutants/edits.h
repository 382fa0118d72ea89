/* SPDX-License-Identifier: MIT */
/* The words of mutants.def and layers.def. */
#ifndef EDITS_H
#define EDITS_H

#include "filter.h"
#include "mutants/mutants.h"

#define DEL(type_, dst_) \
	{ \
		.kind = MUTANT_DEL, .type = PLAN_##type_, .dst = dst_ \
	}
#define RETYPE(type_, dst_, to_) \
	{ \
		.kind = MUTANT_RETYPE, .type = PLAN_##type_, .dst = dst_, .to = PLAN_##to_ \
	}
#define REPLACE(type_, dst_, to_, src_) \
	{ \
		.kind = MUTANT_RETYPE, .type = PLAN_##type_, .dst = dst_, .to = PLAN_##to_, .src = src_ \
	}
#define ADD(type_, src_, dst_) \
	{ \
		.kind = MUTANT_ADD, .type = PLAN_##type_, .src = src_, .dst = dst_ \
	}
#define SETENV(name_, value_) \
	{ \
		.kind = MUTANT_SETENV, .type = PLAN_SETENV, .src = name_, .dst = value_ \
	}
#define UNSETENV(name_) \
	{ \
		.kind = MUTANT_UNSETENV, .type = PLAN_SETENV, .src = name_ \
	}
#define REARG(type_, dst_, new_) \
	{ \
		.kind = MUTANT_REARG, .type = PLAN_##type_, .dst = dst_, .src = new_ \
	}
#define NUMBER(type_, dst_, n_) \
	{ \
		.kind = MUTANT_NUMBER, .type = PLAN_##type_, .dst = dst_, .number = n_ \
	}
#define MOVE_EARLY(type_, dst_) \
	{ \
		.kind = MUTANT_EARLY, .type = PLAN_##type_, .dst = dst_ \
	}
#define SHALLOW(dst_) \
	{ \
		.kind = MUTANT_SHALLOW, .type = PLAN_RO_BIND, .dst = dst_ \
	}
#define FILTER(calls_, test_, arg_, value_) \
	{ \
		.kind = MUTANT_FILTER, .type = PLAN_SECCOMP, .src = calls_, .test = MUTANT_##test_, \
		.arg = arg_, .number = value_ \
	}
#define CALL(name_)   FILTER(name_, ALWAYS, 0, 0)
#define GROUP(group_) FILTER("group:" group_, ALWAYS, 0, 0)
#define OPENED(flag_) \
	{ \
		.kind = MUTANT_OPENED, .type = PLAN_SECCOMP, .number = FILTER_##flag_ \
	}
#define ESCAPES \
	{ \
		.kind = MUTANT_ESCAPES, .type = PLAN_OWN_TERMINAL \
	}
#define EGRESS(word_) \
	{ \
		.kind = MUTANT_EGRESS, .type = PLAN_EGRESS, .src = word_ \
	}
#define NO_ABI \
	{ \
		.kind = MUTANT_NO_ABI, .type = PLAN_SECCOMP \
	}
#define X32 \
	{ \
		.kind = MUTANT_X32, .type = PLAN_SECCOMP \
	}
#define BWRAP(words_) \
	{ \
		.kind = MUTANT_BWRAP, .type = PLAN_CAP_DROP, .src = words_ \
	}
#define KEEP_FD(fd_) \
	{ \
		.kind = MUTANT_KEEP_FD, .type = PLAN_CLOSE_FDS, .number = fd_ \
	}
#define TWO(a_, b_)	  a_, b_
#define THREE(a_, b_, c_) a_, b_, c_
#define EACH_DEL(type_) \
	{ \
		.kind = MUTANT_EACH_DEL, .type = PLAN_##type_ \
	}
#define EACH_RETYPE(type_, to_) \
	{ \
		.kind = MUTANT_EACH_RETYPE, .type = PLAN_##type_, .to = PLAN_##to_ \
	}
#define KEEP_CAPS \
	{ \
		.kind = MUTANT_KEEP_CAPS \
	}
#define LEAK_ENV \
	{ \
		.kind = MUTANT_LEAK_ENV \
	}

#endif
