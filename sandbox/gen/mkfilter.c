/* SPDX-License-Identifier: MIT */
/*
 * Build-time tool: prints the default program of each architecture as C. Fails,
 * and so does the build, when a row of the table can't be resolved.
 */
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>

#include "filter.h"
#include "util.h"

static void put_program(const char *name, const struct filter *f)
{
	printf("\nconst struct sock_filter filter_default_%s[] = {\n", name);
	for (size_t i = 0; i < f->n; i++)
		printf("\t{ %#x, %u, %u, %#x },\n", f->insn[i].code, f->insn[i].jt, f->insn[i].jf,
		       f->insn[i].k);
	printf("};\nconst size_t filter_default_%s_n = %zu;\n", name, f->n);
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

	printf("/* Made by gen/mkfilter from data/syscalls.def. */\n"
	       "#include \"filter_table.h\"\n");
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		struct filter f = { 0 };
		struct diag d = { 0 };

		if (filter_build(archs[i].arch, NULL, 0, &f, &d) < 0) {
			fprintf(stderr, "mkfilter: %s\n", d.msg);
			return EXIT_FAILURE;
		}
		put_program(archs[i].name, &f);
		free(f.insn);
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
