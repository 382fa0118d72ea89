/* SPDX-License-Identifier: MIT */
/* Sockets, FIFOs, shared memory, keys and descriptors that a box must not reach. */
#include "canary_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "util.h"

#define RUNTIME(family, name) name,
#define HOSTSOCK(family, path)
static const char *const canary_runtime[] = {
#include "runtime.def"
};
#undef RUNTIME
#undef HOSTSOCK

/* A bound socket on loopback and its port; -errno. */
static int canary_inet(int family, int type, unsigned *ret_port)
{
	struct sockaddr_in sa4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 sa6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *sa = family == AF_INET ? (struct sockaddr *)&sa4 : (struct sockaddr *)&sa6;
	socklen_t len = family == AF_INET ? sizeof(sa4) : sizeof(sa6);
	AUTO_CLOSE int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, sa, len) < 0 || (type == SOCK_STREAM && listen(fd, 64) < 0) ||
	    getsockname(fd, sa, &len) < 0)
		return -errno;
	*ret_port = ntohs(family == AF_INET ? sa4.sin_port : sa6.sin6_port);
	return TAKE_FD(fd);
}

static void canary_port(struct canary_site *s, const char *name, enum oracle_kind kind, int family, int type)
{
	unsigned port = 0;
	int fd = canary_inet(family, type, &port);
	char text[16];

	if (fd < 0)
		return; /* no such family on this machine: the input is absent */
	snprintf(text, sizeof(text), "%u", port);
	canary_input(s, name, text);
	oracle_add(&s->oracle, name, kind, fd);
}

/* An abstract name. */
static void canary_abstract(struct canary_site *s, const char *name, const char *prefix,
			    enum oracle_kind kind, int type)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	AUTO_CLOSE int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int n = snprintf(sa.sun_path + 1, sizeof(sa.sun_path) - 1, "%s%.20s", prefix, s->token + 6);

	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&sa,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 64) < 0))
		return;
	canary_input(s, name, sa.sun_path + 1);
	oracle_add(&s->oracle, name, kind, TAKE_FD(fd));
}

int canary_net_listen(struct canary_site *s, struct diag *d)
{
	canary_abstract(s, "CANARY_ABS", "cs-stream-", ORACLE_STREAM, SOCK_STREAM);
	canary_abstract(s, "CANARY_ABS_DGRAM", "cs-dgram-", ORACLE_DGRAM, SOCK_DGRAM);
	canary_abstract(s, "CANARY_X11", "/tmp/.X11-unix/X", ORACLE_STREAM, SOCK_STREAM);
	canary_net_facts(s);
	canary_port(s, "CANARY_TCP", ORACLE_STREAM, AF_INET, SOCK_STREAM);
	canary_port(s, "CANARY_TCP6", ORACLE_STREAM, AF_INET6, SOCK_STREAM);
	canary_port(s, "CANARY_UDP", ORACLE_ECHO, AF_INET, SOCK_DGRAM);
	oracle_add(&s->oracle, "CANARY_PID", ORACLE_SIGNAL, -1);
	if (s->oracle.n == 1)
		return diag_set(d, -EIO, "no listener could be opened on this machine");
	return 0;
}

static void canary_give(const struct canary_site *s, const char *path, mode_t mode)
{
	chmod(path, mode);
	if (geteuid() == 0 && lchown(path, s->uid, s->gid) < 0)
		return;
}

/* A listening socket at a path; a name that is too long for the address goes through its directory. */
int canary_net_socket(struct canary_site *s, const char *name, const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	strcpy(sa.sun_path, path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 64) < 0)
		return -errno;
	canary_give(s, path, 0666);
	oracle_add(&s->oracle, name, ORACLE_STREAM, TAKE_FD(fd));
	return 0;
}

static int canary_fifo(struct canary_site *s, const char *name, const char *path)
{
	int fd;

	if (mkfifo(path, 0666) < 0)
		return -errno;
	canary_give(s, path, 0666);
	/* Read and write: the end of a writer must not look like an end of the FIFO. */
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	canary_input(s, name, path);
	oracle_add(&s->oracle, name, ORACLE_FIFO, fd);
	return 0;
}

static int canary_plant_runtime(struct canary_site *s)
{
	AUTO_FREE char *dir = path_join(s->base, "runtime");
	int r = 0;

	mkdir(dir, 0755);
	canary_give(s, dir, 0755);
	for (size_t i = 0; i < ARRAY_SIZE(canary_runtime) && r == 0; i++) {
		AUTO_FREE char *path = path_join(dir, canary_runtime[i]);

		for (char *slash = path + strlen(dir) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
			*slash = '\0';
			mkdir(path, 0755);
			canary_give(s, path, 0755);
			*slash = '/';
		}
		r = canary_net_socket(s, "CANARY_RUNTIME", path);
	}
	if (r == 0)
		canary_input(s, "CANARY_RUNTIME", dir);
	return r;
}

static int canary_plant_paths(struct canary_site *s)
{
	static const struct {
		const char *name, *dir;
		bool fifo;
	} rows[] = {
		{ "CANARY_SOCK", "outside", false }, { "CANARY_PSOCK", "home/alice/project", false },
		{ "CANARY_RSOCK", "shared", false }, { "CANARY_PFIFO", "home/alice/project", true },
		{ "CANARY_RFIFO", "shared", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_FREE char *path =
		    xasprintf("%s/%s/canary.%s", s->base, rows[i].dir, rows[i].fifo ? "fifo" : "sock");
		int r = rows[i].fifo ? canary_fifo(s, rows[i].name, path)
				     : canary_net_socket(s, rows[i].name, path);

		if (r < 0)
			return r;
		if (!rows[i].fifo)
			canary_input(s, rows[i].name, path);
	}
	return 0;
}

/* Another terminal of the caller: raw, its master is the oracle's. */
static void canary_plant_pty(struct canary_site *s)
{
	AUTO_CLOSE int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char name[64], id[64];
	struct termios t;
	struct stat st;
	int slave;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 ||
	    ptsname_r(master, name, sizeof(name)) != 0)
		return;
	/* The slave stays open here: a master without one only reports hang-ups. */
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || fstat(slave, &st) < 0 || tcgetattr(slave, &t) < 0)
		return;
	cfmakeraw(&t);
	tcsetattr(slave, TCSANOW, &t);
	if (geteuid() == 0 && fchown(slave, s->uid, s->gid) < 0)
		return;
	snprintf(id, sizeof(id), "%lu:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
	canary_input(s, "CANARY_PTS", name);
	canary_input(s, "CANARY_PTSID", id);
	oracle_add(&s->oracle, "CANARY_PTS", ORACLE_PTY, TAKE_FD(master));
}

/* A POSIX message queue; as the segment, it ends with the ipc namespace. */
static void canary_plant_queue(struct canary_site *s)
{
	AUTO_FREE char *name = xasprintf("/cs-%.12s", s->token + 6);
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 64 };
	mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666, &attr);

	if (q == (mqd_t)-1)
		return;
	fchmod(q, 0666);
	if (mq_send(q, s->text, strlen(s->text), 0) == 0)
		canary_input(s, "CANARY_MQ", name);
	mq_close(q);
}

/* A segment under a key; it ends with the ipc namespace of the suite. */
static void canary_plant_shm(struct canary_site *s)
{
	key_t key = (key_t)(strtoul(s->token + strlen(s->token) - 7, NULL, 16) | 0x10000000);
	int id = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0666);
	char text[16], *p;

	if (id < 0)
		return;
	p = shmat(id, NULL, 0);
	if (p == (void *)-1) {
		shmctl(id, IPC_RMID, NULL);
		return;
	}
	strcpy(p, s->text);
	shmdt(p);
	snprintf(text, sizeof(text), "%d", (int)key);
	canary_input(s, "CANARY_SHM", text);
}

/* A key in a session keyring of the suite's own: it ends with the suite. */
static void canary_plant_key(struct canary_site *s)
{
	static bool joined; /* once a process: another keyring would let go of the first site's key */
	char text[24];
	long id;

	if (!joined && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		return;
	joined = true;
	id = syscall(SYS_add_key, "user", s->token, s->text, strlen(s->text), KEY_SPEC_SESSION_KEYRING);
	if (id < 0)
		return;
	/* Possessor and user: everything; as the keys of a login are. */
	syscall(SYS_keyctl, KEYCTL_SETPERM, id, 0x3f3f0000);
	snprintf(text, sizeof(text), "%ld", id);
	canary_input(s, "CANARY_KEY", text);
}

int canary_net_plant(struct canary_site *s, struct diag *d)
{
	int r = canary_plant_paths(s);

	if (r == 0)
		r = canary_plant_runtime(s);
	if (r < 0)
		return diag_errno(d, r, "planting sockets in %s", s->base);
	canary_plant_shm(s);
	canary_plant_queue(s);
	canary_plant_pty(s);
	canary_plant_key(s);
	return canary_net_listen(s, d);
}

int canary_start(struct canary_site *s, uid_t uid, gid_t gid, struct diag *d)
{
	char text[16];
	int r;

	s->oracle.uid = uid;
	s->oracle.gid = gid;
	r = oracle_start(&s->oracle, d);
	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "%d", (int)s->oracle.proc.pid);
	canary_input(s, "CANARY_PID", text);
	canary_input(s, "CANARY_PGID", text);
	return 0;
}
