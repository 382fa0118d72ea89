/* SPDX-License-Identifier: MIT */
#include "whynot.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As the kernel reads of the first line of a script. */
#define HEAD_BYTES 256
#define NAME_BYTES 256

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void say_link(const char *file, char *buf, size_t size)
{
	char to[NAME_BYTES];
	ssize_t n = readlink(file, to, sizeof(to) - 1);

	if (n <= 0)
		return;
	to[n] = '\0';
	snprintf(buf, size, "it is a link to %s, which leads to nothing in the sandbox", to);
}

/* What follows "#!". The kernel takes a carriage return for a part of the name. */
static void say_interpreter(char *line, char *buf, size_t size)
{
	char *name, *rest = NULL;
	size_t n;

	line[strcspn(line, "\n")] = '\0';
	name = strtok_r(line, " \t", &rest);
	if (name == NULL || is_there(name))
		return;
	n = strlen(name);
	if (name[n - 1] == '\r') {
		name[n - 1] = '\0';
		snprintf(buf, size, "the line \"#!%s\" ends as on Windows, with a carriage return", name);
		return;
	}
	snprintf(buf, size, "its interpreter %s is not in the sandbox", name);
}

/* The loader that a program names (PT_INTERP), of either class. */
static bool loader_of(int fd, const char *head, size_t len, char name[static NAME_BYTES])
{
	bool small = head[EI_CLASS] == ELFCLASS32;
	Elf64_Ehdr e64;
	Elf32_Ehdr e32;
	size_t size = small ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr), count;
	off_t at;

	if (len < sizeof(e64))
		return false;
	memcpy(&e64, head, sizeof(e64));
	memcpy(&e32, head, sizeof(e32));
	at = small ? (off_t)e32.e_phoff : (off_t)e64.e_phoff;
	count = small ? e32.e_phnum : e64.e_phnum;
	for (size_t i = 0; i < count; i++, at += (off_t)size) {
		union {
			Elf32_Phdr small;
			Elf64_Phdr large;
		} p;
		size_t bytes;
		off_t where;

		if (pread(fd, &p, size, at) != (ssize_t)size)
			return false;
		if ((small ? p.small.p_type : p.large.p_type) != PT_INTERP)
			continue;
		bytes = small ? p.small.p_filesz : p.large.p_filesz;
		where = small ? (off_t)p.small.p_offset : (off_t)p.large.p_offset;
		return bytes > 1 && bytes <= NAME_BYTES && pread(fd, name, bytes, where) == (ssize_t)bytes &&
		       name[bytes - 1] == '\0';
	}
	return false;
}

static void look_into(int fd, char *buf, size_t size)
{
	char head[HEAD_BYTES + 1], loader[NAME_BYTES];
	ssize_t n = pread(fd, head, HEAD_BYTES, 0);

	if (n < 2)
		return;
	head[n] = '\0';
	if (head[0] == '#' && head[1] == '!')
		say_interpreter(head + 2, buf, size);
	else if (n > SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0 &&
		 loader_of(fd, head, (size_t)n, loader) && !is_there(loader))
		snprintf(buf, size, "it needs %s, which is not in the sandbox", loader);
}

void whynot(const char *file, char *buf, size_t size)
{
	struct stat st;
	int fd;

	*buf = '\0';
	if (lstat(file, &st) < 0)
		return;
	if (S_ISLNK(st.st_mode) && !is_there(file)) {
		say_link(file, buf, size);
		return;
	}
	/* A FIFO is no program, and would keep us. */
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return;
	look_into(fd, buf, size);
	close(fd);
}
