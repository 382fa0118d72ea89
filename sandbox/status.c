/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "jsonout.h"
#include "log.h"
#include "mem.h"
#include "mountinfo.h"
#include "oldkernel.h"
#include "session.h"
#include "util.h"

#define PROC_MAX (4 << 20)

struct status_process {
	pid_t pid, parent;
	unsigned long long start; /* clock ticks since the boot */
};

struct status_box {
	struct session session;
	unsigned long long start;
	uint64_t processes, memory, files; /* the latter in bytes */
	bool partial;			   /* the files could not be looked at */
};

struct status {
	int proc;
	struct status_process *process; /* owned; by pid */
	size_t nprocess;
	struct status_box *box; /* owned */
	size_t nbox;
	size_t closed; /* processes of launchers of this user, it seems, that can't be looked into */
};

static void status_done(struct status *s)
{
	for (size_t i = 0; i < s->nbox; i++)
		session_done(&s->box[i].session);
	free(s->box);
	free(s->process);
	mem_close_fd(&s->proc);
}

/* A file of /proc, whose size is not known before; NULL: gone, or closed to us (errno). */
static char *proc_text(int dir, const char *name)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	AUTO_FREE char *text = NULL;
	size_t len = 0, cap = 0;
	ssize_t n = 1;

	while (fd >= 0 && n > 0 && len < PROC_MAX) {
		if (cap - len < 2) {
			cap = cap * 2 + 4096;
			text = xrealloc_array(text, cap, 1);
		}
		n = read(fd, text + len, cap - len - 1);
		len += n > 0 ? (size_t)n : 0;
	}
	if (fd < 0 || n < 0)
		return NULL;
	text[len] = '\0';
	return TAKE_PTR(text);
}

static int open_process(const struct status *s, pid_t pid)
{
	AUTO_FREE char *name = xasprintf("%ld", (long)pid);

	return openat(s->proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* "PID (NAME) STATE PARENT ...", where the name may be any bytes, brackets too. */
static bool read_stat(int dir, struct status_process *ret)
{
	AUTO_FREE char *text = proc_text(dir, "stat");
	char *at = text != NULL ? strrchr(text, ')') : NULL;
	long parent;

	if (at == NULL || sscanf(at, ") %*c %ld", &parent) != 1)
		return false;
	ret->parent = (pid_t)parent;
	/* The 22nd field; the name was the second. */
	for (int i = 2; i < 22 && at != NULL; i++)
		at = strchr(at + 1, ' ');
	ret->start = at != NULL ? strtoull(at, NULL, 10) : 0;
	return at != NULL;
}

static int by_pid(const void *a, const void *b)
{
	const struct status_process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int list_processes(struct status *s, struct diag *d)
{
	AUTO_DIR DIR *proc = opendir("/proc");
	struct status_process self = { .pid = getpid() };
	const struct dirent *e;

	if (proc == NULL || (s->proc = openat(dirfd(proc), ".", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return diag_errno(d, -errno, "/proc, where running sandboxes are found");
	while ((e = readdir(proc)) != NULL) {
		struct status_process p = { .pid = (pid_t)strtol(e->d_name, NULL, 10) };
		AUTO_CLOSE int dir = p.pid > 0 ? open_process(s, p.pid) : -1;

		if (dir < 0 || !read_stat(dir, &p))
			continue;
		s->process = xrealloc_array(s->process, s->nprocess + 1, sizeof(p));
		s->process[s->nprocess++] = p;
	}
	if (s->nprocess > 0)
		qsort(s->process, s->nprocess, sizeof(self), by_pid);
	/* One that is empty, or of another namespace, would show no sandbox. */
	if (s->nprocess > 0 && bsearch(&self, s->process, s->nprocess, sizeof(self), by_pid) != NULL)
		return 0;
	diag_set(d, -ENOENT, "/proc, where running sandboxes are found, does not even show this process");
	diag_try(d, "mount -t proc proc /proc");
	return d->code;
}

static bool is_launcher_by_name(int dir)
{
	AUTO_FREE char *name = proc_text(dir, "comm");

	return name != NULL && streq(name, "claude-sandbox\n");
}

/* Whether it is the launcher or came from it: what loses its parent inside becomes a child of the box's PID 1. */
static bool is_of(const struct status *s, const struct status_process *p, pid_t launcher)
{
	/* As read one after the other, they may be no tree. */
	for (size_t i = 0; p != NULL && i < s->nprocess; i++) {
		struct status_process up = { .pid = p->parent };

		if (p->pid == launcher)
			return true;
		p = bsearch(&up, s->process, s->nprocess, sizeof(up), by_pid);
	}
	return false;
}

/* Pages that are shared count in parts; of a process that is closed to us, egress, all count in full. */
static uint64_t memory_of(int dir)
{
	AUTO_FREE char *rollup = proc_text(dir, "smaps_rollup");
	AUTO_FREE char *statm = rollup == NULL ? proc_text(dir, "statm") : NULL;
	const char *at = rollup != NULL ? strstr(rollup, "\nPss:") : NULL;
	unsigned long long n = 0;

	if (at != NULL && sscanf(at, "\nPss: %llu kB", &n) == 1)
		return (uint64_t)n * 1024;
	if (statm != NULL && sscanf(statm, "%*u %llu", &n) == 1)
		return (uint64_t)n * (uint64_t)sysconf(_SC_PAGESIZE);
	/* It has ended. */
	return 0;
}

static bool mountinfo_has(const char *text, const char *device)
{
	struct mountinfo m = { 0 };
	bool found = false;

	while (!found && mountinfo_next(&text, &m)) {
		found = streq(m.device, device);
		mountinfo_done(&m);
	}
	return found;
}

/* What lies in the fresh directories is in memory too: each tmpfs that the host has not, once. False: not known. */
static bool add_files(int dir, const char *host, struct strv *seen, struct status_box *box)
{
	AUTO_FREE char *text = proc_text(dir, "mountinfo");
	AUTO_CLOSE int root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *at = text;
	struct mountinfo m = { 0 };

	if (text == NULL || root < 0)
		return false;
	while (mountinfo_next(&at, &m)) {
		AUTO_CLOSE int fd = -1;
		AUTO_FREE char *device = NULL;
		struct statfs fs;
		struct stat st;

		if (streq(m.type, "tmpfs") && !mountinfo_has(host, m.device) && !strv_has(seen, m.device))
			fd = streq(m.point, "/") ? dup(root)
						 : oldkernel_open_beneath(root, m.point + 1, O_PATH, false);
		/* Another mount may lie over it, and then shows something else. */
		if (fd >= 0 && fstat(fd, &st) == 0 && fstatfs(fd, &fs) == 0) {
			device = xasprintf("%u:%u", major(st.st_dev), minor(st.st_dev));
			if (streq(device, m.device)) {
				box->files += (uint64_t)(fs.f_blocks - fs.f_bfree) * (uint64_t)fs.f_bsize;
				strv_add(seen, device);
			}
		}
		mountinfo_done(&m);
	}
	return true;
}

static void measure(const struct status *s, struct status_box *box)
{
	AUTO_FREE char *host = proc_text(s->proc, "self/mountinfo");
	AUTO_STRV struct strv namespaces = { 0 };
	char own[64] = "";
	AUTO_STRV struct strv seen = { 0 };
	ssize_t n = readlinkat(s->proc, "self/ns/mnt", own, sizeof(own) - 1);

	if (n > 0)
		strv_add(&namespaces, own);
	/* Until that of the box is found. */
	box->partial = true;
	for (size_t i = 0; i < s->nprocess; i++) {
		const struct status_process *p = &s->process[i];
		AUTO_CLOSE int dir = is_of(s, p, box->session.pid) ? open_process(s, p->pid) : -1;
		char ns[64] = "";

		if (dir < 0)
			continue;
		box->processes++;
		box->memory += memory_of(dir);
		if (host == NULL || readlinkat(dir, "ns/mnt", ns, sizeof(ns) - 1) < 0 ||
		    strv_has(&namespaces, ns))
			continue;
		if (!add_files(dir, host, &seen, box))
			continue;
		strv_add(&namespaces, ns);
		box->partial = false;
	}
}

static int oldest_first(const void *a, const void *b)
{
	const struct status_box *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->session.pid < y->session.pid ? -1 : 1;
}

static void find_boxes(struct status *s)
{
	for (size_t i = 0; i < s->nprocess; i++) {
		struct status_process *p = &s->process[i];
		AUTO_CLOSE int dir = open_process(s, p->pid);
		struct status_box box = { .start = p->start };
		int r = dir >= 0 ? session_find(dir, p->pid, geteuid(), &box.session) : 0;

		if (r < 0 && (r == -EACCES || r == -EPERM) && is_launcher_by_name(dir))
			s->closed++;
		if (r <= 0)
			continue;
		s->box = xrealloc_array(s->box, s->nbox + 1, sizeof(box));
		s->box[s->nbox++] = box;
	}
	for (size_t i = 0; i < s->nbox; i++)
		measure(s, &s->box[i]);
	if (s->nbox > 1)
		qsort(s->box, s->nbox, sizeof(*s->box), oldest_first);
}

static unsigned long long age(const struct status_box *box)
{
	struct timespec now;
	unsigned long long begun = box->start / (unsigned long long)sysconf(_SC_CLK_TCK);

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (unsigned long long)now.tv_sec > begun ? (unsigned long long)now.tv_sec - begun : 0;
}

static void json_list(FILE *out, const char *name, const struct strv *list)
{
	fprintf(out, ",\"%s\":[", name);
	for (size_t i = 0; i < list->n; i++) {
		fputs(i > 0 ? "," : "", out);
		jsonout_string(out, list->v[i]);
	}
	fputc(']', out);
}

static void print_json(const struct status *s, FILE *out)
{
	fputs("{\"schema\":1,\n \"sandboxes\":[", out);
	for (size_t i = 0; i < s->nbox; i++) {
		const struct status_box *b = &s->box[i];

		fprintf(out, "%s\n  {\"pid\":%ld,\"project\":", i > 0 ? "," : "", (long)b->session.pid);
		jsonout_string(out, b->session.project);
		fputs(",\"command\":", out);
		jsonout_string(out, b->session.command);
		fprintf(out, ",\"age_seconds\":%llu,\"profile\":", age(b));
		jsonout_string(out, b->session.profile);
		fputs(",\"net\":", out);
		jsonout_string(out, b->session.net);
		fprintf(out, ",\"yolo\":%s", b->session.yolo ? "true" : "false");
		json_list(out, "weaker", &b->session.weaker);
		json_list(out, "openings", &b->session.openings);
		fprintf(out, ",\"processes\":%llu,\"memory_bytes\":%llu,\"files_bytes\":%llu,\"partial\":%s}",
			(unsigned long long)b->processes, (unsigned long long)b->memory,
			(unsigned long long)b->files, b->partial ? "true" : "false");
	}
	fprintf(out, "%s],\n \"not_readable\":%zu}\n", s->nbox > 0 ? "\n " : "", s->closed);
}

static void print_age(char *buf, size_t n, unsigned long long sec)
{
	if (sec < 60)
		snprintf(buf, n, "%llus", sec);
	else if (sec < 3600)
		snprintf(buf, n, "%llum", sec / 60);
	else if (sec < 86400)
		snprintf(buf, n, "%lluh%02llum", sec / 3600, sec / 60 % 60);
	else
		snprintf(buf, n, "%llud%02lluh", sec / 86400, sec / 3600 % 24);
}

/* Besides the way out, which stands there anyway. */
static bool is_opened(const struct session *q)
{
	for (size_t i = 0; i < q->openings.n; i++)
		if (!str_starts(q->openings.v[i], "network:"))
			return true;
	return false;
}

static void print_text(const struct status *s, FILE *out)
{
	if (s->nbox == 0 && s->closed == 0)
		fputs("no sandbox of yours is running\n", out);
	if (s->nbox > 0)
		fputs("    PID     AGE    MEMORY  PROCESSES  MODE, COMMAND, PROJECT\n", out);
	for (size_t i = 0; i < s->nbox; i++) {
		const struct status_box *b = &s->box[i];
		const struct session *q = &b->session;
		char since[32];

		print_age(since, sizeof(since), age(b));
		fprintf(out, "%7ld %7s %s%6llu MB %10llu  ", (long)q->pid, since, b->partial ? ">" : " ",
			(unsigned long long)((b->memory + b->files + (1 << 20) - 1) >> 20),
			(unsigned long long)b->processes);
		fputs("net ", out);
		log_escape(out, q->net);
		fprintf(out, "%s%s%s, ", q->yolo ? ", yolo" : "", q->weaker.n > 0 ? ", weaker" : "",
			is_opened(q) ? ", with openings" : "");
		log_escape(out, q->command);
		fputs(", ", out);
		log_escape(out, q->project);
		fputc('\n', out);
	}
}

int status_print(bool json, FILE *out, struct diag *d)
{
	struct status s = { .proc = -1 };
	int r = list_processes(&s, d);

	if (r == 0) {
		find_boxes(&s);
		(json ? print_json : print_text)(&s, out);
		if (s.closed > 0)
			log_security(
			    "sandboxes may be missing here: %zu processes called claude-sandbox gave up "
			    "root, and can't be looked into; try: with CAP_SYS_PTRACE",
			    s.closed);
		r = diag_flush(d, out, "standard output");
	}
	status_done(&s);
	return r;
}
