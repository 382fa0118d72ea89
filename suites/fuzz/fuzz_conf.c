/* SPDX-License-Identifier: MIT */
/* Any bytes as a config file: refused with a place, or values that keep what conf.h promises. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "confdump.h"
#include "log.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static void check_list(const struct conf_list *list, bool paths)
{
	for (size_t i = 0; i < list->n; i++) {
		check(list->item[i].origin[0] != '\0' && strpbrk(list->item[i].origin, "\n\r") == NULL);
		check(list->item[i].value[0] != '\0');
		check(!paths || list->item[i].value[0] == '/');
		check(!paths || strstr(list->item[i].value, "/../") == NULL);
	}
}

/* The message begins with the place, and nothing in it reaches a terminal as a control. */
static void check_message(const struct diag *d)
{
	AUTO_FREE char *shown = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&shown, &len);

	check(f != NULL);
	log_escape(f, d->msg);
	fclose(f);
	check(d->code == -EINVAL && str_starts(d->msg, "fuzz.json:"));
	for (size_t i = 0; i < len; i++)
		check((unsigned char)shown[i] >= 0x20 && shown[i] != 0x7f);
}

/* As --dump-config writes it; owned. */
static char *dump(struct conf *c)
{
	char *text = NULL;
	size_t len = 0;
	struct diag d = { 0 };
	FILE *f = open_memstream(&text, &len);

	check(f != NULL && confdump_write(c, f, &d) == 0 && fclose(f) == 0);
	return text;
}

/* What is written is read again, and is then written the same. */
static void check_round(struct conf *c)
{
	AUTO_FREE char *first = NULL, *second = NULL;
	struct conf again = { .status_fd = -1 };
	struct diag d = { 0 };

	first = dump(c);
	check(conf_apply_text(&again, "again.json", first, strlen(first), "", &d) == 0);
	second = dump(&again);
	check(streq(first, second));
	conf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of exactly its size, so that a read beyond it is seen. */
	AUTO_FREE char *text = xmalloc(size > 0 ? size : 1);
	struct conf c = { .status_fd = -1 };
	struct diag d = { 0 };

	if (size > 0)
		memcpy(text, data, size);
	if (conf_apply_text(&c, "fuzz.json", text, size, "/home/u", &d) < 0)
		check_message(&d);
	else
		check_round(&c);
	check_list(&c.extra_bind, true);
	check_list(&c.extra_ro, true);
	check_list(&c.mask, false);
	check_list(&c.env, false);
	check_list(&c.blocked_syscalls, false);
	conf_done(&c);
	return 0;
}
