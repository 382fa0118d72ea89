/* SPDX-License-Identifier: MIT */
/* What this build is and what it runs on. */
#include "version.h"

#include <seccomp.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "doctortry.h"
#include "hostbwrap.h"
#include "log.h"
#include "mem.h"

/* Only what a launch would run is run: PATH may lead into a project. */
static void bwrap_line(FILE *out)
{
	struct host_bwrap bwrap = { 0 };
	struct diag d = { 0 };
	int r = hostbwrap_ask(environ, &bwrap, &d);
	char *argv[] = { bwrap.path, (char[]){ "--version" }, NULL };
	char text[80] = "";

	if (r == 0 && bwrap.path == NULL && bwrap.beside != NULL)
		fprintf(out, "bubblewrap: not found in PATH, but %s is there", bwrap.beside);
	else if (r < 0 || bwrap.path == NULL)
		fputs("bubblewrap: not found", out);
	else if (bwrap.odd_place) {
		fputs("bubblewrap: refused: ", out);
		log_escape(out, bwrap.path);
		fputs(": " HOSTBWRAP_ODD, out);
	} else if (doctortry_run(argv, text, sizeof(text)) != 0)
		fputs("bubblewrap: does not run", out);
	else
		log_escape(out, text);
	putc('\n', out);
	free(bwrap.path);
}

void version_print(FILE *out)
{
	const struct scmp_version *v = seccomp_version();
	struct utsname u;

	fprintf(out, "claude-sandbox %s\n", CLAUDE_SANDBOX_VERSION);
	/* What a child writes must not be written twice. */
	fflush(out);
	bwrap_line(out);
	fprintf(out, "libseccomp %u.%u.%u\n", v->major, v->minor, v->micro);
	if (uname(&u) == 0)
		fprintf(out, "Linux %s %s\n", u.release, u.machine);
}
