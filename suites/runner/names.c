/* SPDX-License-Identifier: MIT */
/* The names of this machine and of the caller, which --redact leaves out. */
#include "runner/suite.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "util.h"

static void names_path(struct suite *s, const char *token, const char *path)
{
	AUTO_FREE char *real = path != NULL ? realpath(path, NULL) : NULL;

	redact_add(&s->report.names, REDACT_PATH, token, path);
	redact_add(&s->report.names, REDACT_PATH, token, real);
}

/* Of the file, not of the name service: the static build has none. name: NULL for the uid's. */
static void names_account(struct suite *s, const char *name, uid_t uid)
{
	AUTO_FILE FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *pw;

	redact_add(&s->report.names, REDACT_WORD, "<user>", name);
	while (f != NULL && (pw = fgetpwent(f)) != NULL) {
		if (name != NULL ? !streq(pw->pw_name, name) : pw->pw_uid != uid)
			continue;
		redact_add(&s->report.names, REDACT_WORD, "<user>", pw->pw_name);
		names_path(s, "<home>", pw->pw_dir);
		break;
	}
}

static void names_of_host(struct suite *s)
{
	struct utsname u;
	char *first;

	if (uname(&u) < 0)
		return;
	redact_add(&s->report.names, REDACT_WORD, "<host>", u.nodename);
	first = xstrndup(u.nodename, strcspn(u.nodename, "."));
	redact_add(&s->report.names, REDACT_WORD, "<host>", first);
	free(first);
}

static void names_of_ids(struct suite *s)
{
	static const char *const files[] = { "/etc/machine-id", "/var/lib/dbus/machine-id",
					     "/proc/sys/kernel/random/boot_id" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		AUTO_FILE FILE *f = fopen(files[i], "re");
		char id[64] = "";

		if (f != NULL && fgets(id, sizeof(id), f) != NULL)
			id[strcspn(id, "\n")] = '\0';
		/* An id, not the word that a container has there. */
		if (strlen(id) >= 32)
			redact_add(&s->report.names, REDACT_ID, "<machine-id>", id);
	}
}

static void names_of_addresses(struct suite *s)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
		char text[INET6_ADDRSTRLEN];
		const void *raw = NULL;

		if (a->ifa_addr != NULL && a->ifa_addr->sa_family == AF_INET)
			raw = &((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr;
		else if (a->ifa_addr != NULL && a->ifa_addr->sa_family == AF_INET6)
			raw = &((const struct sockaddr_in6 *)(const void *)a->ifa_addr)->sin6_addr;
		/* The loopback's are everybody's. */
		if (raw != NULL && inet_ntop(a->ifa_addr->sa_family, raw, text, sizeof(text)) != NULL &&
		    !str_starts(text, "127.") && !streq(text, "::1"))
			redact_add(&s->report.names, REDACT_WORD, "<address>", text);
	}
	freeifaddrs(all);
}

void names_of_caller(struct suite *s)
{
	static const char *const users[] = { "USER", "LOGNAME", "SUDO_USER", "DOAS_USER" };

	names_path(s, "<project>", s->conf.project);
	names_path(s, "<home>", s->home);
	names_path(s, "<config>", s->conf.config_file);
	names_path(s, "<waivers>", s->conf.waivers);
	names_path(s, "<cwd>", s->cwd);
	names_path(s, "<libexec>", s->libexec);
	for (size_t i = 0; i < s->conf.extra_bind.n; i++)
		names_path(s, "<bind>", s->conf.extra_bind.item[i].value);
	for (size_t i = 0; i < s->conf.extra_ro.n; i++)
		names_path(s, "<bind>", s->conf.extra_ro.item[i].value);
	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		if (getenv(users[i]) != NULL)
			names_account(s, getenv(users[i]), 0);
	names_account(s, NULL, getuid());
	names_of_host(s);
	names_of_ids(s);
	names_of_addresses(s);
}

void names_of_policy(struct suite *s, const struct policy *p)
{
	names_path(s, "<project>", p->project);
	names_path(s, "<home>", p->home);
	redact_add(&s->report.names, REDACT_WORD, "<user>", p->user);
	/* Started by root, the box is the owner's of the project. */
	names_account(s, NULL, p->kernel_uid);
}
