/* SPDX-License-Identifier: MIT */
/* The rules of nftables in the calling thread's network namespace: by netlink, no program is needed. */
#ifndef NFTABLES_H
#define NFTABLES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Every TCP connection that arrives comes to the listener at that port: by tproxy, else by redirect. 0; -errno, and in
 * *ret_what the words of what this kernel does not have.
 */
int nftables_redirect(bool tproxy, uint16_t port, const char **ret_what);
/* By that device goes nothing but TCP, and datagrams to that server: who sends them has EPERM at once. As above. */
int nftables_only_tcp(uint32_t device, struct in_addr server, uint16_t port, const char **ret_what);

/* Addresses that begin with these bytes. */
struct nftables_own {
	int family;
	unsigned bytes;
	unsigned char address[16];
};
/*
 * Where there is no device but the loopback: what is sent to own addresses stays as it is, TCP to any other comes to
 * the listener at that port there (SO_ORIGINAL_DST tells whom it was meant for), datagrams go to the server alone.
 */
int nftables_loop(const struct nftables_own *own, size_t n_own, const struct nftables_own *server,
		  uint16_t port, const char **ret_what);

#endif
