/* SPDX-License-Identifier: MIT */
/* What this build is and what it runs on. */
#include "version.h"

#include <seccomp.h>
#include <string.h>
#include <sys/utsname.h>

void version_print(FILE *out)
{
	const struct scmp_version *v = seccomp_version();
	struct utsname u;
	char line[80] = "bubblewrap: not found";
	FILE *p;

	fprintf(out, "claude-sandbox %s\n", CLAUDE_SANDBOX_VERSION);
	p = popen("exec bwrap --version 2>/dev/null", "re");
	if (p != NULL) {
		char got[80];

		if (fgets(got, sizeof(got), p) != NULL) {
			got[strcspn(got, "\n")] = '\0';
			snprintf(line, sizeof(line), "%s", got);
		}
		pclose(p);
	}
	fprintf(out, "%s\n", line);
	fprintf(out, "libseccomp %u.%u.%u\n", v->major, v->minor, v->micro);
	if (uname(&u) == 0)
		fprintf(out, "Linux %s %s\n", u.release, u.machine);
}
