/* SPDX-License-Identifier: MIT */
/*
 * NE-04: IORING_OP_CONNECT does what connect(2) does, without being seen by
 * a filter. The completion decides.
 *
 * Remedy: answer io_uring_setup with ENOSYS in the filter; own network
 *         namespace.
 * See: io_uring_enter(2);
 *      https://security.googleblog.com/2023/06/learnings-from-kctf-vrps-42-linux.html
 */
#include "sock.h"

#include <linux/io_uring.h>
#include <sys/mman.h>

PROBE("net-iouring-connect", "a connection made by io_uring is refused too")
{
	struct sockaddr_in sa;
	struct io_uring_params p = { 0 };
	struct io_uring_sqe *sqe;
	const char *cq;
	long ring, sq, sqes, r;
	struct probe_result seen;
	int fd = sock_to_host(&sa, &seen);

	if (fd < 0)
		return seen;

	ring = probe_sys(SYS_io_uring_setup, 4L, &p);
	if (ring < 0) {
		look_close(fd);
		return probe_denied((int)-ring, "io_uring_setup", "%s", probe_errno_name((int)-ring));
	}
	sq = probe_sys(SYS_mmap, NULL, 16384L, (long)(PROT_READ | PROT_WRITE),
		       (long)(MAP_SHARED | MAP_POPULATE), ring, (long)IORING_OFF_SQ_RING);
	sqes = probe_sys(SYS_mmap, NULL, 4096L, (long)(PROT_READ | PROT_WRITE),
			 (long)(MAP_SHARED | MAP_POPULATE), ring, (long)IORING_OFF_SQES);
	if ((sq < 0 && sq > -4096) || (sqes < 0 && sqes > -4096) || !(p.features & IORING_FEAT_SINGLE_MMAP)) {
		look_close(fd);
		return probe_unknown(0, "mmap", "the ring can't be mapped");
	}
	sqe = (struct io_uring_sqe *)sqes;
	sqe->opcode = IORING_OP_CONNECT;
	sqe->fd = fd;
	sqe->addr = (unsigned long)&sa;
	sqe->off = sizeof(sa);
	*(unsigned *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(sq + p.sq_off.tail), 1U, __ATOMIC_RELEASE);
	r = probe_sys(SYS_io_uring_enter, ring, 1L, 1L, (long)IORING_ENTER_GETEVENTS, NULL, 0L);
	cq = (const char *)sq + p.cq_off.cqes;
	if (r >= 0)
		r = ((const struct io_uring_cqe *)(const void *)cq)->res;
	seen = r < 0 ? probe_denied((int)-r, "IORING_OP_CONNECT", "%s", probe_errno_name((int)-r))
		     : sock_listen(fd, "IORING_OP_CONNECT");
	look_close(fd);
	return seen;
}
