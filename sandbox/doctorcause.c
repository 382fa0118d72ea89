/* SPDX-License-Identifier: MIT */
#include "doctorcause.h"

#include <errno.h>
#include <string.h>

#include "mem.h"
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

/* The facts say that it may; the filter says that it isn't the kernel who refuses. */
static bool container(const struct found *f)
{
	return f->live->userns == -EPERM && f->live->filtered;
}

static bool in_chroot(const struct found *f)
{
	return f->live->userns == -EPERM && f->live->chrooted;
}

static bool apparmor(const struct found *f)
{
	return f->h->apparmor_userns && !f->h->bwrap.setuid;
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
	return f->live->userns < 0;
}

static bool powerless(const struct found *f)
{
	return f->live->in_userns < 0;
}

/* In the order in which they are looked for; "" as fix: worked out from the host. */
static const struct {
	bool (*holds)(const struct found *f);
	const char *what, *fix;
} causes[] = {
	{ no_bwrap, "bubblewrap (bwrap) is not installed: it builds the sandbox", "" },
	{ max_zero, "this host allows nobody a user namespace (user.max_user_namespaces = 0)",
	  "sudo sysctl user.max_user_namespaces=15000" },
	{ clone_off, "this host allows user namespaces to root alone (kernel.unprivileged_userns_clone = 0)",
	  "sudo sysctl kernel.unprivileged_userns_clone=1" },
	{ container, "the container that this runs in refuses user namespaces (its system call filter)",
	  "docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined ..." },
	{ in_chroot, "the kernel refuses user namespaces in a chroot",
	  "start it outside the chroot, or enter it by pivot_root" },
	{ apparmor,
	  "AppArmor keeps unprivileged programs from using user namespaces "
	  "(kernel.apparmor_restrict_unprivileged_userns = 1), and has no profile that excepts bwrap",
	  "" },
	{ limit_reached, "the limit of user namespaces is reached (user.max_user_namespaces, or 32 levels)",
	  "sudo sysctl user.max_user_namespaces=15000" },
	{ not_built, "this kernel has no user namespaces (CONFIG_USER_NS)", "a kernel of your distribution" },
	{ refused, "the kernel refuses user namespaces: a security module or a container's policy",
	  "look at journalctl -k for the refusal" },
	{ powerless, "user namespaces can be made but not used: a security module takes their capabilities",
	  "look at journalctl -k for the refusal" },
};

bool doctorcause_find(const struct host *h, const struct doctorcause_live *live, struct diag *d)
{
	struct found f = { .h = h, .live = live };

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (!causes[i].holds(&f))
			continue;
		diag_set(d, d->code != 0 ? d->code : -EPERM, "%s", causes[i].what);
		if (causes[i].holds == no_bwrap)
			diag_try(d, "%s", doctorcause_install(live->os_release));
		else if (causes[i].holds == apparmor)
			/* Excepts one program, where the sysctl would switch it off for all. */
			diag_try(
			    d,
			    "echo 'abi <abi/4.0>, profile bwrap %s flags=(unconfined) { userns, }' | "
			    "sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap",
			    h->bwrap.path);
		else
			diag_try(d, "%s", causes[i].fix);
		return true;
	}
	return false;
}
