/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace of any form behind one interface: which form a file is, and the checks that all forms
 * share (time order, what the header promised).
 */
#include "workload/trace_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* True if the file begins as a binary trace. Pipes are not: what is read from them is gone. */
static bool is_binary(const char *path, bool *binary, struct err *err)
{
	char magic[sizeof(TRACE_BIN_MAGIC) - 1];
	struct stat st;
	ssize_t got = 0;
	int fd;

	*binary = false;
	if (!strcmp(path, "-"))
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_set(err, ERR_HOST_FILE, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		got = pread(fd, magic, sizeof(magic), 0);
	close(fd);
	*binary = got == sizeof(magic) && !memcmp(magic, TRACE_BIN_MAGIC, sizeof(magic));
	return true;
}

struct trace_reader *trace_open(const char *path, const struct mm_profile *profile, u64 max_bytes,
				struct err *err)
{
	bool binary;

	if (!is_binary(path, &binary, err))
		return NULL;
	return binary ? trace_bin_open(path, profile, err)
		      : trace_jsonl_open(path, profile, max_bytes, err);
}

bool trace_reader_init(struct trace_reader *reader, const struct trace_reader_ops *ops,
		       const char *path, const struct mm_profile *profile, struct err *err)
{
	reader->ops = ops;
	reader->names.profile = profile;
	reader->path = strdup(path);
	return reader->path || err_set(err, ERR_HOST_RES, "no memory to open %s", path);
}

void trace_close(struct trace_reader *reader)
{
	if (!reader)
		return;
	trace_names_finish(&reader->names);
	free(reader->path);
	reader->ops->close(reader);
}

bool trace_next(struct trace_reader *reader, struct trace_event *event, struct err *err)
{
	if (reader->over)
		return false;
	if (reader->ops->next(reader, event, err)) {
		reader->last_t = event->t;
		reader->events++;
		return true;
	}
	reader->over = true;
	return false;
}

const struct trace_header *trace_reader_header(const struct trace_reader *reader)
{
	return &reader->header;
}

const struct trace_names *trace_reader_names(const struct trace_reader *reader)
{
	return &reader->names;
}

const char *trace_reader_path(const struct trace_reader *reader)
{
	return reader->path;
}

bool trace_error(const struct trace_reader *reader, const struct trace_event *event,
		 struct err *err, const char *fmt, ...)
{
	char what[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (!*reader->ops->place)
		return err_at(err, ERR_INPUT, reader->path, event->where, 0, NULL, "%s", what);
	return err_set(err, ERR_INPUT, "%s: %s%llu: %s", reader->path, reader->ops->place,
		       (unsigned long long)event->where, what);
}

bool trace_reader_admit(struct trace_reader *reader, const struct trace_event *event,
			struct err *err)
{
	const struct trace_header *header = &reader->header;

	if (unlikely(event->t < reader->last_t))
		return trace_error(reader, event, err, "time goes back from %llu to %llu ns",
				   (unsigned long long)reader->last_t,
				   (unsigned long long)event->t);
	if (unlikely(header->cpus && event->cpu >= header->cpus))
		return trace_error(reader, event, err, "CPU %u, but the header says \"cpus\": %llu",
				   event->cpu, (unsigned long long)header->cpus);
	if (unlikely(header->ids && event->id != TRACE_NO_ID && event->id >= header->ids))
		return trace_error(reader, event, err, "id %u, but the header says \"ids\": %llu",
				   event->id, (unsigned long long)header->ids);
	return true;
}

bool trace_reader_complete(const struct trace_reader *reader, struct err *err)
{
	if (!reader->header.events || reader->header.events == reader->events)
		return true;
	return err_set(err, ERR_INPUT,
		       "%s: the header says \"events\": %llu, but there are %llu", reader->path,
		       (unsigned long long)reader->header.events,
		       (unsigned long long)reader->events);
}
