/* SPDX-License-Identifier: MIT */
/*
 * The second layer. The rights are spelled out here, as the C library's headers
 * are older than the kernels that this runs on; see
 * Documentation/userspace-api/landlock.rst for the ABI that brought each.
 */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rights.h"

#define FS_EXECUTE		   (1ull << 0)
#define FS_WRITE_FILE		   (1ull << 1)
#define FS_READ_FILE		   (1ull << 2)
#define FS_READ_DIR		   (1ull << 3)
#define FS_REMOVE_DIR		   (1ull << 4)
#define FS_REMOVE_FILE		   (1ull << 5)
#define FS_MAKE_CHAR		   (1ull << 6)
#define FS_MAKE_DIR		   (1ull << 7)
#define FS_MAKE_REG		   (1ull << 8)
#define FS_MAKE_SOCK		   (1ull << 9)
#define FS_MAKE_FIFO		   (1ull << 10)
#define FS_MAKE_BLOCK		   (1ull << 11)
#define FS_MAKE_SYM		   (1ull << 12)
#define FS_REFER		   (1ull << 13) /* ABI 2 */
#define FS_TRUNCATE		   (1ull << 14) /* ABI 3 */
#define FS_IOCTL_DEV		   (1ull << 15) /* ABI 5 */
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)	/* ABI 6 */
#define SCOPE_SIGNAL		   (1ull << 1)	/* ABI 6 */

/* Those that the kernel takes for a file; the others are a directory's. */
#define FS_OF_FILES	  (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)
#define RULE_PATH_BENEATH 1

struct ruleset {
	uint64_t fs, net, scoped;
};
struct path_beneath {
	uint64_t rights;
	int32_t parent;
} __attribute__((packed));

static uint64_t handled(uint32_t abi)
{
	uint64_t fs = FS_REFER - 1;

	fs |= abi >= 2 ? FS_REFER : 0;
	fs |= abi >= 3 ? FS_TRUNCATE : 0;
	fs |= abi >= 5 ? FS_IOCTL_DEV : 0;
	return fs;
}

static uint64_t granted(uint32_t rights)
{
	static const uint64_t read = FS_READ_DIR | FS_READ_FILE | FS_EXECUTE;
	static const uint64_t change = FS_WRITE_FILE | FS_TRUNCATE | FS_REFER | FS_REMOVE_DIR |
				       FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SOCK |
				       FS_MAKE_FIFO | FS_MAKE_SYM;

	switch ((enum plan_rights)rights) {
	case PLAN_RIGHTS_LIST:
		return FS_READ_DIR;
	case PLAN_RIGHTS_READ:
		return read;
	case PLAN_RIGHTS_WRITE:
		return read | change;
	case PLAN_RIGHTS_DEVICE:
		return read | change | FS_IOCTL_DEV;
	case PLAN_RIGHTS:
		break;
	}
	return 0;
}

static bool add_rule(int ruleset, uint64_t fs, const char *path, uint32_t rights)
{
	struct path_beneath rule = { .rights = granted(rights) & fs,
				     .parent = open(path, O_PATH | O_CLOEXEC) };
	struct stat st;
	long r = -1;

	if (rule.parent < 0)
		return errno == ENOENT;
	if (fstat(rule.parent, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			rule.rights &= FS_OF_FILES;
		r = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
	}
	close(rule.parent);
	return r == 0;
}

/* The caller's terminal lies in no tree of the box; by /dev/stderr it is opened anew. */
static bool add_terminal(int ruleset, uint64_t fs, int fd)
{
	struct path_beneath rule = { .rights = granted(PLAN_RIGHTS_DEVICE) & fs & FS_OF_FILES & ~FS_EXECUTE,
				     .parent = fd };

	return !isatty(fd) || syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
}

bool landlock_apply(const struct record *rec, const char **step)
{
	const struct record_rule *rule =
	    (const struct record_rule *)(const void *)((const char *)rec + rec->rule);
	struct ruleset attr = { .fs = handled(rec->landlock_abi) };
	/* The kernel takes a shorter structure of an older ABI. */
	size_t size = rec->landlock_abi >= 6 ? sizeof(attr) : sizeof(attr.fs);
	int ruleset;
	bool ok = true;

	if (rec->landlock_abi >= 6)
		attr.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
	*step = "landlock_create_ruleset";
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return false;
	*step = "landlock_add_rule";
	for (uint32_t i = 0; i < rec->nrule && ok; i++, rule++)
		ok = add_rule(ruleset, attr.fs, (const char *)rec + rule->path, rule->rights);
	for (int fd = 0; fd < 3 && ok; fd++)
		ok = add_terminal(ruleset, attr.fs, fd);
	if (ok) {
		*step = "landlock_restrict_self";
		ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		     syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	}
	close(ruleset);
	return ok;
}
