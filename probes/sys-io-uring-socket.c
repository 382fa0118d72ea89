/* SPDX-License-Identifier: MIT */
/*
 * Sets a ring up and has it make a netlink socket that the filter refuses, or (before 5.19) open
 * a file; judged by what the completion says.
 * Remedy: Io_uring must be refused as a whole (the built-in filter does, with ENOSYS): unset
 *   CLAUDE_SANDBOX_NO_SECCOMP, or set kernel.io_uring_disabled=2.
 * See: io_uring(7), io_uring_enter(2)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define IORING_OP_SOCKET 45 /* Linux 5.19 */

/* Submits one operation and waits for it: the result of the completion, or -errno. */
static long ring_do(long fd, const struct io_uring_params *p, const struct io_uring_sqe *op)
{
	size_t n = 4096 * 4;
	char *sq = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, IORING_OFF_SQ_RING);
	char *cq = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, IORING_OFF_CQ_RING);
	struct io_uring_sqe *sqes = mmap(NULL, p->sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE,
					 MAP_SHARED, (int)fd, IORING_OFF_SQES);
	unsigned tail, head, mask;
	struct io_uring_cqe cqe;
	long r;

	if (sq == MAP_FAILED || cq == MAP_FAILED || sqes == MAP_FAILED)
		return -errno;
	memcpy(&tail, sq + p->sq_off.tail, sizeof(tail));
	memcpy(&mask, sq + p->sq_off.ring_mask, sizeof(mask));
	sqes[tail & mask] = *op;
	head = tail & mask;
	memcpy(sq + p->sq_off.array + (tail & mask) * sizeof(head), &head, sizeof(head));
	tail++;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	memcpy(sq + p->sq_off.tail, &tail, sizeof(tail));
	r = probe_sys(SYS_io_uring_enter, fd, 1L, 1L, (long)IORING_ENTER_GETEVENTS, 0L, 0L);
	if (r < 0)
		return r;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	memcpy(&head, cq + p->cq_off.head, sizeof(head));
	memcpy(&mask, cq + p->cq_off.ring_mask, sizeof(mask));
	memcpy(&cqe, cq + p->cq_off.cqes + (head & mask) * sizeof(cqe), sizeof(cqe));
	head++;
	memcpy(cq + p->cq_off.head, &head, sizeof(head));
	return cqe.res;
}

PROBE("sys-io-uring-socket", "a ring does no refused operation behind the filter's back")
{
	struct io_uring_params p = { 0 };
	struct io_uring_sqe sqe = { 0 };
	char off[8] = "";
	long fd, res;

	fd = probe_sys(SYS_io_uring_setup, 2L, &p);
	if (fd == -EPERM && probe_read_file("/proc/sys/kernel/io_uring_disabled", off, sizeof(off)) > 0 &&
	    atoi(off) != 0)
		return probe_na("kernel.io_uring_disabled is %d", atoi(off));
	if (fd < 0)
		return probe_denied((int)-fd, "io_uring_setup", "no ring");
	sqe.opcode = IORING_OP_SOCKET;
	sqe.fd = AF_NETLINK;
	sqe.off = SOCK_RAW;
	sqe.len = NETLINK_KOBJECT_UEVENT;
	res = ring_do(fd, &p, &sqe);
	if (res >= 0)
		return probe_allowed("IORING_OP_SOCKET", "the completion is descriptor %ld", res);
	if (res != -EINVAL)
		return probe_denied((int)-res, "IORING_OP_SOCKET", "a ring, but its socket was refused");
	memset(&sqe, 0, sizeof(sqe));
	sqe.opcode = IORING_OP_OPENAT;
	sqe.fd = AT_FDCWD;
	sqe.addr = (unsigned long)"/";
	sqe.open_flags = O_RDONLY | O_DIRECTORY;
	res = ring_do(fd, &p, &sqe);
	if (res >= 0)
		return probe_allowed("IORING_OP_OPENAT", "the completion is descriptor %ld", res);
	return probe_denied((int)-res, "IORING_OP_OPENAT", "a ring, but its operations were refused");
}
