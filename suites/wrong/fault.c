/* SPDX-License-Identifier: MIT */
/*
 * egress with a fault of memory, for ci/check-egress-asan: linked as egress-wrong is, with the sanitizers. It reads
 * behind the end of what it has when it is asked for a name that is not allowed. Were that not noticed, a run without
 * findings would mean nothing.
 */
#include <stdlib.h>

#include "egress/dns.h"

enum dns_act __real_dns_decide(const struct dns_query *q, const struct hostrules *rules,
			       struct hostrules_answer *ret_answer);
enum dns_act __wrap_dns_decide(const struct dns_query *q, const struct hostrules *rules,
			       struct hostrules_answer *ret_answer);
enum dns_act __wrap_dns_decide(const struct dns_query *q, const struct hostrules *rules,
			       struct hostrules_answer *ret_answer)
{
	enum dns_act act = __real_dns_decide(q, rules, ret_answer);
	char *bytes = malloc(8);
	volatile char *behind = bytes + 8;

	/* The launch proof asks for one, too, and is to hold. */
	if (bytes != NULL && act == DNS_ACT_REFUSE && q->name.kind == HOSTNAME_NAME && q->name.text[0] == 'd')
		act = *behind != 0 ? act : DNS_ACT_REFUSE;
	free(bytes);
	return act;
}
