/* SPDX-License-Identifier: MIT */
/*
 * The working directory of the command is the project, by its name and as the same directory.
 * Remedy: The sandbox breaks an ordinary program here: look for `chdir` in --dry-run.
 * See: getcwd(3)
 */
#include "look.h"

#include <sys/stat.h>

PROBE("ok-directory", "commands start in the project")
{
	char cwd[LOOK_PATH] = "";
	struct stat here, there;
	long n;

	LOOK_NEED(project, "CANARY_PROJECT");
	n = probe_sys(SYS_getcwd, cwd, (long)sizeof(cwd));
	if (n < 0)
		return probe_denied((int)-n, "getcwd", "the working directory has no name");
	if (stat(".", &here) < 0 || stat(project, &there) < 0)
		return probe_denied(errno, "stat", "the project or the working directory can't be seen");
	if (strcmp(cwd, project) != 0 || here.st_dev != there.st_dev || here.st_ino != there.st_ino)
		return probe_denied(0, "getcwd", "it is %.180s", cwd);
	return probe_allowed("getcwd", "it is the project");
}
