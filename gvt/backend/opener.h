/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opens one file again and again for a process that may open none: a child that does nothing else,
 * under a seccomp filter of its own. Every context of a guest is one open file of the render node.
 */
#ifndef GVT_BACKEND_OPENER_H
#define GVT_BACKEND_OPENER_H

struct opener {
    int fd; /* to the child */
};

/* Starts the child; it ends with this process, or when `fd` is closed. 0 or -errno. */
int opener_init(struct opener *o, const char *path) __attribute__((warn_unused_result));
void opener_finish(struct opener *o);

/* Another descriptor of the file, or -errno. */
int opener_open(struct opener *o) __attribute__((warn_unused_result));

#endif
