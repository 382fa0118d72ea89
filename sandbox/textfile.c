/* SPDX-License-Identifier: MIT */
#include "textfile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

char *textfile_read_bytes(int fd, size_t max, struct stat *st)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, st) < 0)
		return NULL;
	if (!S_ISREG(st->st_mode) || (size_t)st->st_size > max) {
		errno = S_ISREG(st->st_mode) ? EFBIG : EINVAL;
		return NULL;
	}
	text = xmalloc((size_t)st->st_size + 1);
	while (len < (size_t)st->st_size &&
	       (n = pread(fd, text + len, (size_t)st->st_size - len, (off_t)len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	if (len < (size_t)st->st_size) {
		errno = EIO;
		return NULL;
	}
	return TAKE_PTR(text);
}

char *textfile_read(int fd, size_t max, struct stat *st)
{
	AUTO_FREE char *text = textfile_read_bytes(fd, max, st);

	if (text != NULL && strlen(text) < (size_t)st->st_size) {
		errno = EILSEQ;
		return NULL;
	}
	return TAKE_PTR(text);
}

char *textfile_read_script(int fd, size_t max, struct stat *st)
{
	AUTO_FREE char *text = textfile_read_bytes(fd, max, st);
	size_t size = text != NULL ? (size_t)st->st_size : 0, len = 0;

	if (text == NULL)
		return NULL;
	if (strlen(text) < size && text[strcspn(text, "\n")] == '\0') {
		errno = EILSEQ;
		return NULL;
	}
	for (size_t i = 0; i < size; i++)
		if (text[i] != '\0')
			text[len++] = text[i];
	text[len] = '\0';
	return TAKE_PTR(text);
}

bool textfile_write(int fd, const char *text)
{
	size_t len = strlen(text), done = 0;

	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}
