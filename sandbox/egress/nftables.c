/* SPDX-License-Identifier: MIT */
#include "nftables.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stddef.h>

#include "netlink.h"
#include "util.h"

#define NAT    "nat"
#define FILTER "filter"

static void put_nft(struct netlink *n, int type, int flags, const char *what)
{
	struct nfgenmsg m = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };

	netlink_begin(n, NFNL_SUBSYS_NFTABLES << 8 | type, flags, &m, sizeof(m), what);
}

static void put_batch(struct netlink *n, int type)
{
	struct nfgenmsg m = { .nfgen_family = AF_UNSPEC,
			      .version = NFNETLINK_V0,
			      .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	netlink_begin(n, type, 0, &m, sizeof(m), NULL);
}

static void put_be32(struct netlink *n, int type, uint32_t value)
{
	netlink_put32(n, type, htonl(value));
}

/* An expression of a rule; *element and *data are to be ended, the inner first. */
static void begin_expr(struct netlink *n, const char *name, size_t *element, size_t *data)
{
	*element = netlink_nest(n, NFTA_LIST_ELEM);
	netlink_put_text(n, NFTA_EXPR_NAME, name);
	*data = netlink_nest(n, NFTA_EXPR_DATA);
}

static void end_expr(struct netlink *n, size_t element, size_t data)
{
	netlink_end(n, data);
	netlink_end(n, element);
}

static void put_cmp(struct netlink *n, uint32_t op, const void *with, size_t size)
{
	size_t element, data, value;

	begin_expr(n, "cmp", &element, &data);
	put_be32(n, NFTA_CMP_SREG, NFT_REG_1);
	put_be32(n, NFTA_CMP_OP, op);
	value = netlink_nest(n, NFTA_CMP_DATA);
	netlink_put(n, NFTA_DATA_VALUE, with, size);
	netlink_end(n, value);
	end_expr(n, element, data);
}

struct number {
	int type;
	uint32_t value;
};

/* An expression that is nothing but numbers. */
static void put_expr(struct netlink *n, const char *name, const struct number *number, size_t count)
{
	size_t element, data;

	begin_expr(n, name, &element, &data);
	for (size_t i = 0; i < count; i++)
		put_be32(n, number[i].type, number[i].value);
	end_expr(n, element, data);
}

static void put_meta(struct netlink *n, uint32_t key, uint32_t op, const void *with, size_t size)
{
	const struct number load[] = { { NFTA_META_KEY, key }, { NFTA_META_DREG, NFT_REG_1 } };

	put_expr(n, "meta", load, ARRAY_SIZE(load));
	put_cmp(n, op, with, size);
}

/* Of a packet's header: base is that of the network or of the transport. */
static void put_payload(struct netlink *n, uint32_t base, uint32_t offset, const void *with, size_t size)
{
	const struct number load[] = { { NFTA_PAYLOAD_DREG, NFT_REG_1 },
				       { NFTA_PAYLOAD_BASE, base },
				       { NFTA_PAYLOAD_OFFSET, offset },
				       { NFTA_PAYLOAD_LEN, (uint32_t)size } };

	put_expr(n, "payload", load, ARRAY_SIZE(load));
	put_cmp(n, NFT_CMP_EQ, with, size);
}

static void put_verdict(struct netlink *n, uint32_t verdict)
{
	size_t element, data, value, code;

	begin_expr(n, "immediate", &element, &data);
	put_be32(n, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	value = netlink_nest(n, NFTA_IMMEDIATE_DATA);
	code = netlink_nest(n, NFTA_DATA_VERDICT);
	put_be32(n, NFTA_VERDICT_CODE, verdict);
	netlink_end(n, code);
	netlink_end(n, value);
	end_expr(n, element, data);
}

static void put_load_port(struct netlink *n, uint16_t port)
{
	uint16_t be = htons(port);
	size_t element, data, value;

	begin_expr(n, "immediate", &element, &data);
	put_be32(n, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	value = netlink_nest(n, NFTA_IMMEDIATE_DATA);
	netlink_put(n, NFTA_DATA_VALUE, &be, sizeof(be));
	netlink_end(n, value);
	end_expr(n, element, data);
}

static void put_to_listener(struct netlink *n, bool tproxy)
{
	static const struct number tproxied[] = { { NFTA_TPROXY_FAMILY, NFPROTO_UNSPEC },
						  { NFTA_TPROXY_REG_PORT, NFT_REG_1 } };
	static const struct number redirected[] = { { NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1 } };

	if (tproxy)
		put_expr(n, "tproxy", tproxied, ARRAY_SIZE(tproxied));
	else
		put_expr(n, "redir", redirected, ARRAY_SIZE(redirected));
}

/* A batch of its own: the table "egress". */
static int begin_table(struct netlink *n, const char **ret_what)
{
	int r = netlink_open(n, NETLINK_NETFILTER, 0);

	*ret_what = "nfnetlink";
	if (r < 0)
		return r;
	put_batch(n, NFNL_MSG_BATCH_BEGIN);
	put_nft(n, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, "an nftables table");
	netlink_put_text(n, NFTA_TABLE_NAME, "egress");
	return 0;
}

/* Of a type (nat, filter), by which it has its name, too. */
static void put_chain(struct netlink *n, const char *type, uint32_t hook, int32_t priority)
{
	size_t nest;

	put_nft(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, "an nftables chain");
	netlink_put_text(n, NFTA_CHAIN_TABLE, "egress");
	netlink_put_text(n, NFTA_CHAIN_NAME, type);
	nest = netlink_nest(n, NFTA_CHAIN_HOOK);
	put_be32(n, NFTA_HOOK_HOOKNUM, hook);
	put_be32(n, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	netlink_end(n, nest);
	netlink_put_text(n, NFTA_CHAIN_TYPE, type);
}

/* Its expressions follow, and netlink_end of what it gives. */
static size_t begin_rule(struct netlink *n, const char *chain, const char *what)
{
	put_nft(n, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, what);
	netlink_put_text(n, NFTA_RULE_TABLE, "egress");
	netlink_put_text(n, NFTA_RULE_CHAIN, chain);
	return netlink_nest(n, NFTA_RULE_EXPRESSIONS);
}

static int end_table(struct netlink *n, const char **ret_what)
{
	int r;

	put_batch(n, NFNL_MSG_BATCH_END);
	r = netlink_flush(n, ret_what);
	netlink_done(n);
	return r;
}

static void put_redirect(struct netlink *n, bool tproxy, uint16_t port)
{
	static const uint8_t tcp = IPPROTO_TCP;
	size_t rule = begin_rule(n, tproxy ? FILTER : NAT,
				 tproxy ? "an nftables rule (tproxy)" : "an nftables rule (redirect)");

	put_meta(n, NFT_META_L4PROTO, NFT_CMP_EQ, &tcp, sizeof(tcp));
	put_load_port(n, port);
	put_to_listener(n, tproxy);
	netlink_end(n, rule);
}

/* table inet egress { chain T { type T hook prerouting; tcp to the listener } }, T: filter or nat */
int nftables_redirect(bool tproxy, uint16_t port, const char **ret_what)
{
	struct netlink n;
	int r = begin_table(&n, ret_what);

	if (r < 0)
		return r;
	put_chain(&n, tproxy ? FILTER : NAT, NF_INET_PRE_ROUTING, tproxy ? -150 : -100);
	put_redirect(&n, tproxy, port);
	return end_table(&n, ret_what);
}

/*
 * table inet egress { chain filter { type filter hook output;
 *	oif device udp to the server accept; oif device not tcp drop } }
 */
int nftables_only_tcp(uint32_t device, struct in_addr server, uint16_t port, const char **ret_what)
{
	static const uint8_t tcp = IPPROTO_TCP, udp = IPPROTO_UDP, ip4 = NFPROTO_IPV4;
	static const char what[] = "an nftables rule (filter)";
	uint16_t be = htons(port);
	struct netlink n;
	size_t rule;
	int r = begin_table(&n, ret_what);

	if (r < 0)
		return r;
	put_chain(&n, FILTER, NF_INET_LOCAL_OUT, 0);
	rule = begin_rule(&n, FILTER, what);
	put_meta(&n, NFT_META_OIF, NFT_CMP_EQ, &device, sizeof(device));
	put_meta(&n, NFT_META_NFPROTO, NFT_CMP_EQ, &ip4, sizeof(ip4));
	put_meta(&n, NFT_META_L4PROTO, NFT_CMP_EQ, &udp, sizeof(udp));
	put_payload(&n, NFT_PAYLOAD_NETWORK_HEADER, offsetof(struct iphdr, daddr), &server, sizeof(server));
	put_payload(&n, NFT_PAYLOAD_TRANSPORT_HEADER, offsetof(struct udphdr, dest), &be, sizeof(be));
	put_verdict(&n, NF_ACCEPT);
	netlink_end(&n, rule);
	rule = begin_rule(&n, FILTER, what);
	put_meta(&n, NFT_META_OIF, NFT_CMP_EQ, &device, sizeof(device));
	put_meta(&n, NFT_META_L4PROTO, NFT_CMP_NEQ, &tcp, sizeof(tcp));
	put_verdict(&n, NF_DROP);
	netlink_end(&n, rule);
	return end_table(&n, ret_what);
}

/* To an address of the box's own, nothing is changed. */
static void put_own(struct netlink *n, const char *chain, const struct nftables_own *own)
{
	static const uint8_t ip4 = NFPROTO_IPV4, ip6 = NFPROTO_IPV6;
	size_t rule = begin_rule(n, chain, "an nftables rule (own address)");
	bool four = own->family == AF_INET;

	put_meta(n, NFT_META_NFPROTO, NFT_CMP_EQ, four ? &ip4 : &ip6, 1);
	put_payload(n, NFT_PAYLOAD_NETWORK_HEADER,
		    four ? offsetof(struct iphdr, daddr) : offsetof(struct ip6_hdr, ip6_dst), own->address,
		    own->bytes);
	put_verdict(n, NF_ACCEPT);
	netlink_end(n, rule);
}

/*
 * table inet egress {
 *	chain nat { type nat hook output; own addresses accept; tcp to the listener }
 *	chain filter { type filter hook output; own addresses and the server accept; not tcp drop } }
 */
int nftables_loop(const struct nftables_own *own, size_t n_own, const struct nftables_own *server,
		  uint16_t port, const char **ret_what)
{
	static const uint8_t tcp = IPPROTO_TCP;
	struct netlink n;
	size_t rule;
	int r = begin_table(&n, ret_what);

	if (r < 0)
		return r;
	put_chain(&n, NAT, NF_INET_LOCAL_OUT, -100);
	for (size_t i = 0; i < n_own; i++)
		put_own(&n, NAT, &own[i]);
	put_redirect(&n, false, port);
	put_chain(&n, FILTER, NF_INET_LOCAL_OUT, 0);
	for (size_t i = 0; i < n_own; i++)
		put_own(&n, FILTER, &own[i]);
	put_own(&n, FILTER, server);
	rule = begin_rule(&n, FILTER, "an nftables rule (filter)");
	put_meta(&n, NFT_META_L4PROTO, NFT_CMP_NEQ, &tcp, sizeof(tcp));
	put_verdict(&n, NF_DROP);
	netlink_end(&n, rule);
	return end_table(&n, ret_what);
}
