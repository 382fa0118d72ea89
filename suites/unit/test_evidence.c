/* SPDX-License-Identifier: MIT */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "manifest.h"
#include "strv.h"
#include "unit.h"
#include "util.h"

#define NEWEST 7

static const struct row {
	struct evidence_seen seen;
	const char *layer;
} rows[] = {
	/* One errno, many layers: what was asked, and with which arguments, decides. */
	{ { "sys-open-tree", "EPERM", "open_tree", true, NEWEST }, "seccomp" },
	{ { "sys-io-uring", "ENOSYS", "io_uring", true, NEWEST }, "seccomp" },
	{ { "sys-move-mount", "EPERM", "move_mount", true, NEWEST }, NULL },
	{ { "sys-mount-tmpfs", "EPERM", "mount tmpfs", false, NEWEST }, NULL },
	{ { "cap-capset", "EPERM", "capset", false, NEWEST }, NULL },
	{ { "ns-pid1-ptrace", "EPERM", "ptrace ATTACH", false, NEWEST }, NULL },
	{ { "ns-nested-user", "EPERM", "unshare CLONE_NEWUSER", false, NEWEST }, "seccomp" },
	{ { "ns-nested-user", "ENOSPC", "unshare CLONE_NEWUSER", false, NEWEST }, "ns-user" },
	{ { "sys-clone3-newuser", "ENOSYS", "clone3 CLONE_NEWUSER", false, NEWEST }, "seccomp" },
	{ { "sys-clone3-newuser", "ENOSPC", "clone3 CLONE_NEWUSER", false, NEWEST }, "ns-user" },
	{ { "fs-ro-write", "EROFS", "openat O_RDWR", false, NEWEST }, "mount" },
	{ { "fs-ro-write", "EACCES", "openat O_RDWR, modes permit", false, NEWEST }, "landlock" },
	{ { "fs-ro-write", "EACCES", "openat O_RDWR, modes permit", false, 0 }, NULL },
	{ { "fs-ro-write", "EACCES", "openat O_RDWR, modes refuse", false, NEWEST }, NULL },
	{ { "fs-ro-write", "EACCES", "openat O_RDWR", false, NEWEST }, NULL },
	{ { "fs-fifo-project", "EACCES", "openat, modes refuse", false, NEWEST }, "mount" },
	{ { "fs-hardlink-out", "EXDEV", "linkat", false, NEWEST }, NULL },
	{ { "fs-root-only", "EACCES", "openat", false, NEWEST }, NULL },
	{ { "cred-ssh-key", "ENOENT", "openat", false, NEWEST }, "mount" },
	{ { "cred-ai", "ENOENT", "openat, not all alike", false, NEWEST }, NULL },
	{ { "fd-directory-proc", "ENOENT", "openat", false, NEWEST }, "fds" },
	{ { "ipc-sysv-shm", "ENOENT", "shmget", false, NEWEST }, "ns-ipc" },
	{ { "ipc-abstract-stream", "ECONNREFUSED", "connect", false, NEWEST }, "ns-net" },
	{ { "ipc-abstract-stream", "EPERM", "connect", false, NEWEST }, "landlock" },
	{ { "ipc-abstract-stream", "EPERM", "connect", false, 5 }, NULL },
	{ { "ns-signal", "ESRCH", "kill SIGURG", false, NEWEST }, "ns-pid" },
	{ { "ns-signal", "EPERM", "kill SIGURG", false, NEWEST }, "landlock" },
	{ { "net-vsock", "EAFNOSUPPORT", "socket AF_VSOCK", false, NEWEST }, "seccomp" },
	{ { "net-vsock", "EPERM", "socket AF_VSOCK", false, NEWEST }, NULL },
	{ { "net-tls-no-name", "ECONNRESET", "connect", false, NEWEST }, "egress" },
	{ { "net-dns-message", "ENOENT", "resolve", false, NEWEST }, "egress" },
	{ { "net-proxy-socks", "EACCES", "SOCKS", false, NEWEST }, "egress" },
	{ { "net-proxy-tls", "ECONNRESET", "SOCKS", false, NEWEST }, "egress" },
	{ { "net-loopback", "ECONNRESET", "connect", false, NEWEST }, NULL },
	{ { "net-host-udp", "ENETUNREACH", "sendto", false, NEWEST }, "ns-net" },
	{ { "env-token", "0", "environ", false, NEWEST }, "env" },
	{ { "sys-mount", "EIO", "mount", true, NEWEST }, NULL },
	{ { "", "", "", false, 0 }, NULL },
};

START_TEST(the_row_names_its_layer)
{
	const char *layer = evidence_layer(&rows[_i].seen);

	if (rows[_i].layer == NULL)
		ck_assert_msg(layer == NULL, "%s %s: said %s", rows[_i].seen.id, rows[_i].seen.err, layer);
	else
		ck_assert_msg(layer != NULL && streq(layer, rows[_i].layer), "%s %s: said %s",
			      rows[_i].seen.id, rows[_i].seen.err, layer != NULL ? layer : "nothing");
}
END_TEST

/* A glob that no probe fits is a row that can't hold; a layer has a name of the manifest. */
START_TEST(every_row_of_the_table_is_about_some_probe)
{
	static const struct {
		const char *layer, *ids;
	} table[] = {
#define ANY						0
#define CALIBRATED					0
#define EVIDENCE(layer, err, arms, abi, ids, step, why) { layer, ids },
#include "evidence.def"
#undef EVIDENCE
	};
	static const char *const layers = " ns-user ns-pid ns-ipc ns-uts ns-cgroup ns-net mount caps seccomp "
					  "env fds init landlock egress watch ";
	AUTO_MANIFEST struct manifest m = { 0 };
	struct diag d = { 0 };

	ck_assert_msg(manifest_load("probes/MANIFEST", &m, &d) == 0, "%s", d.msg);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		char word[64];

		snprintf(word, sizeof(word), " %s ", table[i].layer);
		ck_assert_msg(table[i].layer[0] == '\0' || strstr(layers, word) != NULL, "%s",
			      table[i].layer);
		for (const char *s = table[i].ids; *s != '\0';) {
			size_t n = strcspn(s, " "), hits = 0;

			snprintf(word, sizeof(word), "%.*s", (int)n, s);
			for (size_t k = 0; k < m.n; k++)
				hits += fnmatch(word, m.row[k].id, 0) == 0;
			ck_assert_msg(hits > 0, "no probe is called %s", word);
			s += n + strspn(s + n, " ");
		}
	}
}
END_TEST

Suite *evidence_suite(void)
{
	Suite *s = suite_create("evidence");
	TCase *tc = tcase_create("table");

	tcase_add_test(tc, every_row_of_the_table_is_about_some_probe);
	suite_add_tcase(s, tc);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TCase *row = tcase_create("row");

		tcase_add_loop_test(row, the_row_names_its_layer, (int)i, (int)i + 1);
		suite_add_tcase(s, row);
	}
	return s;
}
