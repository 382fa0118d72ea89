/* SPDX-License-Identifier: MIT */
#include "doctorcause.h"

#include <errno.h>
#include <string.h>

#include "guard.h"
#include "mountinfo.h"
#include "path.h"
#include "util.h"

static const struct {
	const char *id, *command;
} installs[] = {
	{ "debian", "sudo apt-get install bubblewrap" },
	{ "ubuntu", "sudo apt-get install bubblewrap" },
	{ "fedora", "sudo dnf install bubblewrap" },
	{ "rhel", "sudo dnf install bubblewrap" },
	{ "centos", "sudo dnf install bubblewrap" },
	{ "opensuse", "sudo zypper install bubblewrap" },
	{ "suse", "sudo zypper install bubblewrap" },
	{ "arch", "sudo pacman -S bubblewrap" },
	{ "alpine", "sudo apk add bubblewrap" },
	{ "gentoo", "sudo emerge sys-apps/bubblewrap" },
	{ "void", "sudo xbps-install bubblewrap" },
	{ "nixos", "nix profile install nixpkgs#bubblewrap" },
	{ "guix", "guix install bubblewrap" },
};

/* The command for a word of ID or ID_LIKE, or NULL. */
static const char *install_of(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(installs); i++)
		if (strlen(installs[i].id) == len && strncmp(installs[i].id, word, len) == 0)
			return installs[i].command;
	return NULL;
}

const char *doctorcause_install(const char *os_release)
{
	static const char *const keys[] = { "ID=", "ID_LIKE=" };

	/* The distribution's own name first, whatever the order of the lines. */
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		for (const char *line = os_release; *line != '\0';
		     line += strcspn(line, "\n"), line += *line == '\n') {
			const char *p = line + strlen(keys[k]), *end = line + strcspn(line, "\n");

			if (!str_starts(line, keys[k]))
				continue;
			while (p < end) {
				size_t n = strcspn(p, " \"'\n");
				const char *command = install_of(p, n);

				if (command != NULL)
					return command;
				p += n + 1;
			}
		}
	}
	return "install the package bubblewrap of your distribution";
}

struct found {
	const struct host *h;
	const struct doctorcause_live *live;
};

static bool no_bwrap(const struct found *f)
{
	return f->h->bwrap.path == NULL;
}

static bool max_zero(const struct found *f)
{
	return f->h->userns_max_zero;
}

static bool clone_off(const struct found *f)
{
	return f->h->userns_clone_off;
}

/* Then what was tried here says nothing of what bwrap may: it is excepted from more, or from less. */
static bool profiled(const struct found *f)
{
	const char *label = f->live->bwrap_label;

	return f->h->apparmor_userns && *label != '\0' && !streq(label, "unconfined") &&
	       !streq(label, f->live->label);
}

/* The facts say that it may; the filter says that it isn't the kernel who refuses. */
static bool container(const struct found *f)
{
	return !profiled(f) && f->live->userns == -EPERM && f->live->filtered;
}

static bool in_chroot(const struct found *f)
{
	return f->live->userns == -EPERM && f->live->chrooted;
}

/*
 * The kernel restricts what has no profile, and only that. A program without one that could do all of it says that it
 * restricts nothing.
 */
static bool apparmor(const struct found *f)
{
	const struct doctorcause_live *l = f->live;
	bool free = streq(l->label, "unconfined") && l->userns == 0 && l->in_userns == 0;

	return f->h->apparmor_userns && !f->h->bwrap.setuid && !free &&
	       (*l->bwrap_label == '\0' || streq(l->bwrap_label, "unconfined"));
}

static bool limit_reached(const struct found *f)
{
	return f->live->userns == -ENOSPC || f->live->userns == -EUSERS;
}

static bool not_built(const struct found *f)
{
	return f->live->userns == -EINVAL || f->live->userns == -ENOSYS;
}

static bool refused(const struct found *f)
{
	return !profiled(f) && f->live->userns < 0;
}

static bool lone_root(const struct found *f)
{
	return f->h->lone_root;
}

static bool one_limited(const struct found *f)
{
	return f->live->limited != NULL;
}

static bool no_sysctls(const struct found *f)
{
	return f->live->no_sysctls;
}

static bool powerless(const struct found *f)
{
	return !profiled(f) && f->live->in_userns < 0;
}

static bool covered(const struct found *f)
{
	return f->live->proc < 0 && (!profiled(f) || f->live->in_userns == 0);
}

static void say_install(const struct found *f, struct diag *d)
{
	if (f->h->bwrap.beside != NULL)
		guard_say_beside(&f->h->bwrap, d);
	else
		diag_try(d, "%s", doctorcause_install(f->live->os_release));
}

#define RESTRICTED \
	"AppArmor keeps unprivileged programs from using user namespaces " \
	"(kernel.apparmor_restrict_unprivileged_userns = 1)"

/* Excepts one program, where the sysctl would switch it off for all. Two profiles for the same one cancel each other. */
static void say_profile(const struct found *f, struct diag *d)
{
	const char *file = f->h->apparmor_file;

	if (*f->live->bwrap_label == '\0')
		diag_set(d, d->code,
			 "%s; that is likely the cause, but whether a profile excepts bwrap can't be seen",
			 RESTRICTED);
	else if (file != NULL)
		diag_set(d, d->code, "%s, and %s, which may except bwrap, is not in force", RESTRICTED, file);
	if (file != NULL) {
		diag_try(d, "sudo apparmor_parser -r %s; then look at journalctl -k for the refusal", file);
		return;
	}
	diag_try(d,
		 "echo 'abi <abi/4.0>, profile bwrap %s flags=(unconfined) { userns, }' | "
		 "sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap",
		 f->h->bwrap.path);
}

static void say_profiled(const struct found *f, struct diag *d)
{
	diag_set(
	    d, d->code,
	    "why bwrap fails is not known; it runs under AppArmor's profile %s, which may be what refuses it",
	    f->live->bwrap_label);
}

static void say_limit(const struct found *f, struct diag *d)
{
	diag_set(d, d->code, "the limit of %s namespaces is reached (user.max_%s_namespaces)",
		 f->live->limited, f->live->limited);
	diag_try(d, "sudo sysctl user.max_%s_namespaces=15000", f->live->limited);
}

static void say_covered(const struct found *f, struct diag *d)
{
	const char *at = f->h->mounts;
	struct mountinfo m = { 0 };
	bool found = false;

	while (!found && mountinfo_next(&at, &m)) {
		/* The kernel minds no mounts on what is always empty. */
		found = path_is_under(m.point, "/proc") && !streq(m.point, "/proc") &&
			!str_starts(m.point, "/proc/sys/fs/");
		if (found)
			diag_set(d, d->code,
				 "the kernel refuses a /proc of the sandbox's own: %s of this one is covered",
				 m.point);
		mountinfo_done(&m);
	}
}

/* In the order in which they are looked for. */
static const struct {
	bool (*holds)(const struct found *f);
	const char *what, *fix;
	void (*say)(const struct found *f, struct diag *d); /* what depends on the host; NULL: nothing */
} causes[] = {
	{ no_bwrap, "bubblewrap (bwrap) is not installed: it builds the sandbox", "", say_install },
	{ lone_root, HOST_LONE_ROOT, HOST_LONE_ROOT_FIX, NULL },
	{ max_zero, "this host allows nobody a user namespace (user.max_user_namespaces = 0)",
	  "sudo sysctl user.max_user_namespaces=15000", NULL },
	{ clone_off, "this host allows user namespaces to root alone (kernel.unprivileged_userns_clone = 0)",
	  "sudo sysctl kernel.unprivileged_userns_clone=1", NULL },
	{ container, "the container that this runs in refuses user namespaces (its system call filter)",
	  "docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined ...", NULL },
	{ in_chroot, "the kernel refuses user namespaces in a chroot",
	  "start it outside the chroot, or enter it by pivot_root", NULL },
	{ apparmor, RESTRICTED ", and has no profile that excepts bwrap", "", say_profile },
	{ limit_reached, "the limit of user namespaces is reached (user.max_user_namespaces, or 32 levels)",
	  "sudo sysctl user.max_user_namespaces=15000", NULL },
	{ not_built, "this kernel has no user namespaces (CONFIG_USER_NS)", "a kernel of your distribution",
	  NULL },
	{ refused, "the kernel refuses user namespaces: a security module or a container's policy",
	  "look at journalctl -k for the refusal", NULL },
	{ one_limited, "", "", say_limit },
	{ no_sysctls, "/proc/sys can't be read here, and bwrap has to: something is mounted over it",
	  "umount /proc/sys; docker run --security-opt systempaths=unconfined ...", NULL },
	{ powerless, "user namespaces can be made but not used: a security module takes their capabilities",
	  "look at journalctl -k for the refusal", NULL },
	{ covered, "the kernel refuses a /proc of the sandbox's own: parts of this one are covered",
	  "docker run --security-opt systempaths=unconfined ..., or umount what covers it", say_covered },
	{ profiled, "", "look at journalctl -k for the refusal", say_profiled },
};

bool doctorcause_find(const struct host *h, const struct doctorcause_live *live, struct diag *d)
{
	struct found f = { .h = h, .live = live };

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (!causes[i].holds(&f))
			continue;
		diag_set(d, d->code != 0 ? d->code : -EPERM, "%s", causes[i].what);
		if (causes[i].say != NULL)
			causes[i].say(&f, d);
		if (d->try[0] == '\0')
			diag_try(d, "%s", causes[i].fix);
		return true;
	}
	return false;
}
