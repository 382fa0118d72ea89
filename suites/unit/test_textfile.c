/* SPDX-License-Identifier: MIT */
/* Whole files as texts, and what errno says where there is none. */
#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "tmptree.h"
#include "unit.h"

static int open_in(const char *root, const char *name)
{
	AUTO_CLOSE int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

/* Who asks for the next one without a descriptor goes by what was said last: no failure that was none. */
START_TEST(a_text_that_is_read_leaves_errno)
{
	char *root = tmptree_make();
	AUTO_CLOSE int fd = -1;
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *script = NULL;
	struct stat st;

	tmptree_put(root, "text", "of a file\n", 0600);
	fd = open_in(root, "text");
	errno = 0;
	text = textfile_read(fd, 100, &st);
	script = textfile_read_script(fd, 100, &st);
	ck_assert_int_eq(errno, 0);
	ck_assert_str_eq(text, "of a file\n");
	ck_assert_str_eq(script, text);
	tmptree_remove(root);
}
END_TEST

START_TEST(what_is_no_text_says_why)
{
	char *root = tmptree_make();
	AUTO_CLOSE int large = -1;
	AUTO_CLOSE int nul = -1;
	AUTO_CLOSE int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int mute = -1;
	struct stat st;

	tmptree_put(root, "large", "12345", 0600);
	tmptree_put(root, "nul", "123", 0600);
	large = open_in(root, "large");
	ck_assert_ptr_null(textfile_read(large, 4, &st));
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_ptr_null(textfile_read(dir, 100, &st));
	ck_assert_int_eq(errno, EINVAL);
	nul = openat(dir, "nul", O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(ftruncate(nul, 4), 0);
	ck_assert_ptr_null(textfile_read(nul, 100, &st));
	ck_assert_int_eq(errno, EILSEQ);
	/* Its size is told, and nothing of it can be read. */
	mute = openat(dir, "large", O_WRONLY | O_CLOEXEC);
	ck_assert_ptr_null(textfile_read(mute, 100, &st));
	ck_assert_int_eq(errno, EIO);
	tmptree_remove(root);
}
END_TEST

Suite *textfile_suite(void)
{
	Suite *s = suite_create("textfile");
	TCase *t = tcase_create("textfile");

	tcase_add_test(t, a_text_that_is_read_leaves_errno);
	tcase_add_test(t, what_is_no_text_says_why);
	suite_add_tcase(s, t);
	return s;
}
