/* SPDX-License-Identifier: MIT */
#include "nftables.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include "netlink.h"

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

/* meta l4proto tcp */
static void put_match_tcp(struct netlink *n)
{
	uint8_t tcp = IPPROTO_TCP;
	size_t element, data, value;

	begin_expr(n, "meta", &element, &data);
	put_be32(n, NFTA_META_KEY, NFT_META_L4PROTO);
	put_be32(n, NFTA_META_DREG, NFT_REG_1);
	end_expr(n, element, data);
	begin_expr(n, "cmp", &element, &data);
	put_be32(n, NFTA_CMP_SREG, NFT_REG_1);
	put_be32(n, NFTA_CMP_OP, NFT_CMP_EQ);
	value = netlink_nest(n, NFTA_CMP_DATA);
	netlink_put(n, NFTA_DATA_VALUE, &tcp, sizeof(tcp));
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
	size_t element, data;

	if (tproxy) {
		begin_expr(n, "tproxy", &element, &data);
		put_be32(n, NFTA_TPROXY_FAMILY, NFPROTO_UNSPEC);
		put_be32(n, NFTA_TPROXY_REG_PORT, NFT_REG_1);
	} else {
		begin_expr(n, "redir", &element, &data);
		put_be32(n, NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1);
	}
	end_expr(n, element, data);
}

/* table inet egress { chain c { type ... hook prerouting; tcp to the listener } } */
int nftables_redirect(bool tproxy, uint16_t port, const char **ret_what)
{
	struct netlink n;
	size_t nest;
	int r = netlink_open(&n, NETLINK_NETFILTER, 0);

	*ret_what = "nfnetlink";
	if (r < 0)
		return r;
	put_batch(&n, NFNL_MSG_BATCH_BEGIN);
	put_nft(&n, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, "an nftables table");
	netlink_put_text(&n, NFTA_TABLE_NAME, "egress");
	put_nft(&n, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, "an nftables chain");
	netlink_put_text(&n, NFTA_CHAIN_TABLE, "egress");
	netlink_put_text(&n, NFTA_CHAIN_NAME, "c");
	nest = netlink_nest(&n, NFTA_CHAIN_HOOK);
	put_be32(&n, NFTA_HOOK_HOOKNUM, NF_INET_PRE_ROUTING);
	put_be32(&n, NFTA_HOOK_PRIORITY, (uint32_t)(tproxy ? -150 : -100));
	netlink_end(&n, nest);
	netlink_put_text(&n, NFTA_CHAIN_TYPE, tproxy ? "filter" : "nat");
	put_nft(&n, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
		tproxy ? "an nftables rule (tproxy)" : "an nftables rule (redirect)");
	netlink_put_text(&n, NFTA_RULE_TABLE, "egress");
	netlink_put_text(&n, NFTA_RULE_CHAIN, "c");
	nest = netlink_nest(&n, NFTA_RULE_EXPRESSIONS);
	put_match_tcp(&n);
	put_load_port(&n, port);
	put_to_listener(&n, tproxy);
	netlink_end(&n, nest);
	put_batch(&n, NFNL_MSG_BATCH_END);
	r = netlink_flush(&n, ret_what);
	netlink_done(&n);
	return r;
}
