/* SPDX-License-Identifier: MIT */
/* The plan in bwrap's words. */
#include "bwrap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "path.h"
#include "untold.h"
#include "util.h"

#define BWRAP_MAX_WORDS 9000 /* MAX_ARGS of bubblewrap.c */
#define FIRST_SHELL_FD	11

/* One rendering: into bytes for --args, or into shell text. */
struct render {
	struct bwrap_args *args; /* NULL: shell */
	const struct bwrap_staged *staged;
	size_t nstaged;
	FILE *out;	    /* shell */
	FILE *redirections; /* shell: collects "11< <(...)" */
	int next_fd;	    /* shell */
	const struct plan_op *op;
};

/* Bytes that a terminal or a reader takes for something else: controls of ASCII and, in UTF-8, of C1; bidi too. */
static bool has_controls(const char *str)
{
	for (const unsigned char *s = (const unsigned char *)str; *s != '\0'; s++)
		if (*s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0) ||
		    (*s == 0xe2 && (s[1] == 0x80 || s[1] == 0x81)))
			return true;
	return false;
}

static void put_ansi_quoted(FILE *f, const char *str)
{
	fputs("$'", f);
	for (const unsigned char *s = (const unsigned char *)str; *s != '\0'; s++) {
		if (*s < 0x20 || *s >= 0x7f || *s == '\'' || *s == '\\')
			fprintf(f, "\\%03o", *s);
		else
			putc(*s, f);
	}
	putc('\'', f);
}

static void put_quoted(FILE *f, const char *s)
{
	if (has_controls(s)) {
		put_ansi_quoted(f, s);
		return;
	}
	if (*s != '\0' &&
	    strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./,:=+@") ==
		strlen(s)) {
		fputs(s, f);
		return;
	}
	putc('\'', f);
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			fputs("'\\''", f);
		else
			putc(*s, f);
	}
	putc('\'', f);
}

static void add_bytes(struct bwrap_args *a, const char *word)
{
	size_t n = strlen(word) + 1;

	a->bytes = xrealloc_array(a->bytes, a->len + n, 1);
	memcpy(a->bytes + a->len, word, n);
	a->len += n;
	a->words++;
}

/* One option: NULL-terminated words. */
static void emit(struct render *r, ...) __attribute__((sentinel));
static void emit(struct render *r, ...)
{
	const char *word;
	bool first = true;
	va_list ap;

	va_start(ap, r);
	while ((word = va_arg(ap, const char *)) != NULL) {
		if (r->args != NULL) {
			add_bytes(r->args, word);
			continue;
		}
		fputs(first ? "  " : " ", r->out);
		put_quoted(r->out, word);
		first = false;
	}
	va_end(ap);
	if (r->args != NULL)
		return;
	fputs("  # ", r->out);
	log_escape(r->out, r->op->why);
	putc('\n', r->out);
}

static const char *source(const struct render *r, const char *src)
{
	for (size_t i = 0; i < r->nstaged; i++)
		if (streq(r->staged[i].src, src))
			return r->staged[i].path;
	return src;
}

int bwrap_make_files(struct bwrap_args *a, size_t n, struct diag *d)
{
	if (n > a->made)
		a->fd = xrealloc_array(a->fd, n, sizeof(*a->fd));
	while (a->made < n) {
		AUTO_CLOSE int fd = memfd_create("claude-sandbox-file", MFD_CLOEXEC);
		int high;

		if (fd < 0)
			return diag_errno(d, -errno, "memfd_create");
		/* Above what init expects at fixed numbers. */
		high = fcntl(fd, F_DUPFD_CLOEXEC, BWRAP_FIRST_FD);
		/* EINVAL: the caller's limit is below that number. */
		if (high < 0)
			return diag_errno(d, errno == EINVAL ? -EMFILE : -errno, "dup");
		a->fd[a->made++] = high;
	}
	return 0;
}

static bool is_file(const struct plan_op *op)
{
	return op->stage == PLAN_STAGE_BWRAP && (op->type == PLAN_FILE || op->type == PLAN_DATA);
}

size_t bwrap_count_files(const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		n += is_file(&plan->op[i]);
	return n;
}

/* Of the next file; bwrap reads it from the beginning, where the offset stays. */
static int fill_file(struct bwrap_args *a, const char *data, size_t len, struct diag *d)
{
	int r = bwrap_make_files(a, a->nfd + 1, d), fd;
	size_t done = 0;

	if (r < 0)
		return r;
	fd = a->fd[a->nfd++];
	while (done < len) {
		ssize_t w = pwrite(fd, data + done, len - done, (off_t)done);

		if (w < 0)
			return diag_errno(d, -errno, "writing a generated file");
		done += (size_t)w;
	}
	return fd;
}

/* Octal escapes for printf(1) of what is not plain text. */
static void put_printf(FILE *f, const char *data, size_t len)
{
	fputs("printf '", f);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\'' || c == '%' || c == '\\' || c < 0x20 || c > 0x7e)
			fprintf(f, c == '%' ? "%%%%" : "\\%03o", c);
		else
			putc(c, f);
	}
	putc('\'', f);
}

/* Makes the bytes available on a descriptor and writes its number into buf. */
static int data_fd(struct render *r, const char *data, size_t len, char buf[16], struct diag *d)
{
	int fd;

	if (r->args == NULL) {
		fd = r->next_fd++;
		fprintf(r->redirections, " \\\n  %d< <(", fd);
		put_printf(r->redirections, r->op->secret ? "{}" : data, r->op->secret ? 2 : len);
		putc(')', r->redirections);
	} else {
		fd = fill_file(r->args, data, len, d);
		if (fd < 0)
			return fd;
	}
	snprintf(buf, 16, "%d", fd);
	return 0;
}

static int render_data(struct render *r, const struct plan_op *op, const char *option, struct diag *d)
{
	char fd[16], mode[16];
	int ret = data_fd(r, op->data, op->len, fd, d);

	if (ret < 0)
		return ret;
	snprintf(mode, sizeof(mode), "%04lo", (unsigned long)op->number);
	emit(r, "--perms", mode, option, fd, op->dst, NULL);
	return 0;
}

/* As a bwrap without us has it: there is nobody who would be told. */
static int render_filter(struct render *r, const struct plan_op *op, struct diag *d)
{
	AUTO_FREE struct sock_filter *insn = xmemdup(op->data, op->len);
	char fd[16];
	int e;

	untold_program(insn, op->len / sizeof(*insn));
	e = data_fd(r, (const char *)insn, op->len, fd, d);
	emit(r, "--seccomp", fd, NULL);
	return e;
}

static void render_unshare(struct render *r, const struct plan_op *op)
{
	AUTO_FREE char *word = xasprintf("--unshare-%s", op->dst);

	emit(r, word, NULL);
}

static void render_number(struct render *r, const char *option, long n)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", n);
	emit(r, option, text, NULL);
}

/* Operations of the stage "bwrap". 1: not of this stage. */
static int render_op(struct render *r, const struct plan_op *op, struct diag *d)
{
	char mode[16];

	switch (op->type) {
	case PLAN_UNSHARE:
		render_unshare(r, op);
		return 0;
	case PLAN_NO_NESTED_USERNS:
		emit(r, "--disable-userns", NULL);
		return 0;
	case PLAN_CAP_DROP:
		emit(r, "--cap-drop", op->dst, NULL);
		return 0;
	case PLAN_NO_NEW_PRIVS: /* bwrap has no switch for it: always on */
		return 0;
	case PLAN_DIE_WITH_PARENT:
		emit(r, "--die-with-parent", NULL);
		return 0;
	case PLAN_AS_PID_1:
		emit(r, "--as-pid-1", NULL);
		return 0;
	case PLAN_UID:
		render_number(r, "--uid", op->number);
		return 0;
	case PLAN_GID:
		render_number(r, "--gid", op->number);
		return 0;
	case PLAN_HOSTNAME:
		emit(r, "--hostname", op->dst, NULL);
		return 0;
	case PLAN_RO_BIND:
		emit(r, "--ro-bind", source(r, op->src), op->dst, NULL);
		return 0;
	case PLAN_RW_BIND:
		emit(r, "--bind", source(r, op->src), op->dst, NULL);
		return 0;
	case PLAN_SYMLINK:
		emit(r, "--symlink", op->src, op->dst, NULL);
		return 0;
	case PLAN_DIR:
		snprintf(mode, sizeof(mode), "%04lo", (unsigned long)op->number);
		emit(r, "--perms", mode, "--dir", op->dst, NULL);
		return 0;
	case PLAN_TMPFS:
		snprintf(mode, sizeof(mode), "%04lo", (unsigned long)op->number);
		emit(r, "--perms", mode, "--tmpfs", op->dst, NULL);
		return 0;
	case PLAN_PROC:
		emit(r, "--proc", op->dst, NULL);
		return 0;
	case PLAN_DEV:
		emit(r, "--dev", op->dst, NULL);
		return 0;
	case PLAN_FILE:
		return render_data(r, op, "--file", d);
	case PLAN_DATA:
		return render_data(r, op, "--ro-bind-data", d);
	case PLAN_REMOUNT_RO:
		emit(r, "--remount-ro", op->dst, NULL);
		return 0;
	case PLAN_INVALID:
	case PLAN_KERNEL_UID:
	case PLAN_MAKE_DIR:
	case PLAN_UNMOUNT:
	case PLAN_SIZE:
	case PLAN_SHARE:
	case PLAN_CLOSE_FDS:
	case PLAN_RELAY_STDIO:
	case PLAN_OWN_TERMINAL:
	case PLAN_WATCH:
	case PLAN_HOLD:
	case PLAN_EGRESS:
	case PLAN_ALLOW_HOST:
	case PLAN_DENY_HOST:
	case PLAN_PORT:
	case PLAN_HOST_PORT:
	case PLAN_PUBLISH:
	case PLAN_EGRESS_LOG:
	case PLAN_UPSTREAM:
	case PLAN_MITMPROXY:
	case PLAN_LIMIT:
	case PLAN_DIRECT:
	case PLAN_BLOCKED:
	case PLAN_MASK_FILE:
	case PLAN_MASK_DIR:
	case PLAN_PIN:
	case PLAN_LINK:
	case PLAN_CHDIR:
	case PLAN_SETENV:
	case PLAN_RLIMIT:
	case PLAN_LANDLOCK:
	case PLAN_SECCOMP:
	case PLAN_NON_DUMPABLE:
	case PLAN_TYPES:
		break;
	}
	return diag_set(d, -ENOTSUP, "bwrap can't carry out the operation %s", plan_type_name(op->type));
}

int bwrap_render(const struct plan *plan, const struct bwrap_staged *staged, size_t n, struct bwrap_args *ret,
		 struct diag *d)
{
	struct render r = { .args = ret, .staged = staged, .nstaged = n };

	for (size_t i = 0; i < plan->n; i++) {
		int e;

		if (plan->op[i].stage != PLAN_STAGE_BWRAP)
			continue;
		r.op = &plan->op[i];
		e = render_op(&r, r.op, d);
		if (e < 0)
			return e;
	}
	if (ret->words > BWRAP_MAX_WORDS)
		return diag_set(d, -E2BIG, "the plan has %zu words, bwrap takes %d", ret->words,
				BWRAP_MAX_WORDS);
	return 0;
}

void bwrap_args_done(struct bwrap_args *a)
{
	for (size_t i = 0; i < a->made; i++)
		mem_close_fd(&a->fd[i]);
	free(a->fd);
	free(a->bytes);
	*a = (struct bwrap_args){ 0 };
}

/* What the launcher takes away again, bwrap couldn't. */
static bool stays(const struct plan *plan, const struct plan_op *op)
{
	for (size_t i = 0; i < plan->n && op->dst != NULL; i++)
		if (plan->op[i].type == PLAN_UNMOUNT && path_is_under(op->dst, plan->op[i].dst))
			return false;
	return true;
}

/* A directory of the box's own, with what is made in it: bwrap binds from the host's files only. */
static int shell_own(struct render *r, const struct plan *plan, const struct plan_op *op, struct diag *d)
{
	int e = 0;

	emit(r, "--tmpfs", op->dst, NULL);
	for (size_t i = 0; i < plan->n && e == 0; i++) {
		struct plan_op moved = plan->op[i];
		AUTO_FREE char *dst = NULL;

		if (moved.stage != PLAN_STAGE_BWRAP || moved.dst == NULL || streq(moved.dst, op->src) ||
		    !path_is_under(moved.dst, op->src))
			continue;
		dst = path_join(op->dst, moved.dst + strlen(op->src) + 1);
		moved.dst = dst;
		r->op = &moved;
		e = render_op(r, &moved, d);
	}
	r->op = op;
	return e;
}

/* What the launcher does by descriptor or in init, as far as bwrap has words for it. */
static int shell_other(struct render *r, const struct plan *plan, const struct plan_op *op, struct diag *d)
{
	char fd[16], mode[16];
	int e;

	switch (op->type) {
	case PLAN_RO_BIND:
		emit(r, "--ro-bind", op->src, op->dst, NULL);
		return 0;
	case PLAN_RW_BIND:
		if (op->via != NULL && streq(op->via, op->src))
			return shell_own(r, plan, op, d);
		emit(r, "--bind", op->src, op->dst, NULL);
		return 0;
	case PLAN_PIN:
		emit(r, "--bind", op->dst, op->dst, NULL);
		return 0;
	case PLAN_REMOUNT_RO:
		emit(r, "--remount-ro", op->dst, NULL);
		return 0;
	case PLAN_DATA:
		return render_data(r, op, "--ro-bind-data", d);
	case PLAN_MASK_FILE:
		e = data_fd(r, "", 0, fd, d);
		snprintf(mode, sizeof(mode), "%04lo", (unsigned long)op->number);
		emit(r, "--perms", mode, "--ro-bind-data", fd, op->dst, NULL);
		return e;
	case PLAN_MASK_DIR:
		snprintf(mode, sizeof(mode), "%04lo", (unsigned long)op->number);
		emit(r, "--perms", mode, "--tmpfs", op->dst, "--remount-ro", op->dst, NULL);
		return 0;
	case PLAN_CHDIR:
		emit(r, "--chdir", op->dst, NULL);
		return 0;
	case PLAN_SETENV:
		if (!op->secret) {
			emit(r, "--setenv", op->src, op->data, NULL);
			return 0;
		}
		fprintf(r->out, "  --setenv %s \"$%s\"  # ", op->src, op->src);
		log_escape(r->out, op->why);
		putc('\n', r->out);
		return 0;
	case PLAN_SECCOMP:
		return render_filter(r, op, d);
	case PLAN_INVALID:
	case PLAN_UNSHARE:
	case PLAN_NO_NESTED_USERNS:
	case PLAN_CAP_DROP:
	case PLAN_NO_NEW_PRIVS:
	case PLAN_DIE_WITH_PARENT:
	case PLAN_AS_PID_1:
	case PLAN_UID:
	case PLAN_GID:
	case PLAN_HOSTNAME:
	case PLAN_LINK:
	case PLAN_KERNEL_UID:
	case PLAN_MAKE_DIR:
	case PLAN_UNMOUNT:
	case PLAN_SIZE:
	case PLAN_SHARE:
	case PLAN_CLOSE_FDS:
	case PLAN_RELAY_STDIO:
	case PLAN_OWN_TERMINAL:
	case PLAN_WATCH:
	case PLAN_HOLD:
	case PLAN_EGRESS:
	case PLAN_ALLOW_HOST:
	case PLAN_DENY_HOST:
	case PLAN_PORT:
	case PLAN_HOST_PORT:
	case PLAN_PUBLISH:
	case PLAN_EGRESS_LOG:
	case PLAN_UPSTREAM:
	case PLAN_MITMPROXY:
	case PLAN_LIMIT:
	case PLAN_DIRECT:
	case PLAN_BLOCKED:
	case PLAN_SYMLINK:
	case PLAN_DIR:
	case PLAN_TMPFS:
	case PLAN_PROC:
	case PLAN_DEV:
	case PLAN_FILE:
	case PLAN_RLIMIT:
	case PLAN_LANDLOCK:
	case PLAN_NON_DUMPABLE:
	case PLAN_TYPES:
		break;
	}
	fprintf(r->out, "  # %s", plan_type_name(op->type));
	if (op->dst != NULL) {
		putc(' ', r->out);
		log_escape(r->out, op->dst);
	}
	fputs(", by the launcher, bwrap can't: ", r->out);
	log_escape(r->out, op->why);
	putc('\n', r->out);
	return 0;
}

static void shell_start(const struct plan *plan, const char *bwrap, FILE *out)
{
	const struct plan_op *uid = plan_find(plan, PLAN_KERNEL_UID, NULL);

	fputs(")\nexec", out);
	if (uid != NULL)
		fprintf(out, " setpriv --reuid %ld --regid %s --clear-groups --", uid->number, uid->src);
	fputs(" env -i ", out);
	put_quoted(out, bwrap);
	fputs(" \"${args[@]}\" --", out);
	for (size_t i = 0; i < plan->command.n; i++) {
		putc(' ', out);
		put_quoted(out, plan->command.v[i]);
	}
}

int bwrap_shell(const struct plan *plan, const char *bwrap, FILE *out, struct diag *d)
{
	char *text = NULL;
	size_t len = 0;
	struct render r = { .out = out, .next_fd = FIRST_SHELL_FD };
	int e = 0;

	r.redirections = open_memstream(&text, &len);
	if (r.redirections == NULL)
		return diag_errno(d, -errno, "open_memstream");
	fputs("# What claude-sandbox would run; for reading, and for bash: the launcher does more, see the "
	      "comments.\n"
	      "[ -n \"${BASH_VERSION:-}\" ] || { echo 'this needs bash: bash -c \"$(claude-sandbox --dry-run "
	      "...)\"' >&2; exit 125; }\n"
	      "args=(\n",
	      out);
	for (size_t i = 0; i < plan->n && e == 0; i++) {
		r.op = &plan->op[i];
		/* The place is left, empty. */
		if (r.op->type == PLAN_TMPFS && plan_find(plan, PLAN_UNMOUNT, r.op->dst) != NULL)
			emit(&r, "--dir", r.op->dst, NULL);
		else if (stays(plan, r.op))
			e = r.op->stage == PLAN_STAGE_BWRAP ? render_op(&r, r.op, d)
							    : shell_other(&r, plan, r.op, d);
	}
	fclose(r.redirections);
	if (e == 0) {
		shell_start(plan, bwrap, out);
		fwrite(text, 1, len, out);
		putc('\n', out);
		e = diag_flush(d, out, "writing the plan");
	}
	free(text);
	return e;
}
