/* SPDX-License-Identifier: MIT */
/*
 * Build-time tool: prints the default program of each architecture as C, and the
 * one that tells of what it refuses. Fails, and so does the build, when a row of
 * the table can't be resolved.
 */
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>

#include "filter.h"
#include "util.h"

static void put_program(const char *kind, const char *arch, const struct filter *f)
{
	printf("\nconst struct sock_filter filter_%s_%s[] = {\n", kind, arch);
	for (size_t i = 0; i < f->n; i++)
		printf("\t{ %#x, %u, %u, %#x },\n", f->insn[i].code, f->insn[i].jt, f->insn[i].jf,
		       f->insn[i].k);
	printf("};\nconst size_t filter_%s_%s_n = %zu;\n", kind, arch, f->n);
}

int main(void)
{
	static const struct {
		const char *name;
		uint32_t arch;
	} archs[] = {
		{ "x86_64", AUDIT_ARCH_X86_64 },
		{ "aarch64", AUDIT_ARCH_AARCH64 },
	};
	static const struct {
		const char *name;
		unsigned flags;
	} kinds[] = {
		{ "default", FILTER_PLAIN },
		{ "told", FILTER_TELL },
	};

	printf("/* Made by gen/mkfilter from data/syscalls.def. */\n"
	       "#include \"filter_table.h\"\n");
	for (size_t i = 0; i < ARRAY_SIZE(archs) * ARRAY_SIZE(kinds); i++) {
		size_t arch = i / ARRAY_SIZE(kinds), kind = i % ARRAY_SIZE(kinds);
		struct filter f = { 0 };
		struct diag d = { 0 };

		if (filter_build_with(archs[arch].arch, kinds[kind].flags, NULL, 0, &f, &d) < 0) {
			fprintf(stderr, "mkfilter: %s\n", d.msg);
			return EXIT_FAILURE;
		}
		put_program(kinds[kind].name, archs[arch].name, &f);
		free(f.insn);
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
