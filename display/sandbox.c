/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the seccomp filter of the back ends that talk to the compositor. */
#include "display.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

static const int allowed[] = {
    /* the loop */
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(close),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(exit_group),
    SCMP_SYS(exit),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(tgkill),
    /* vhost-user and Wayland */
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(accept4),
    SCMP_SYS(connect),
    SCMP_SYS(shutdown),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(fcntl),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(eventfd2),
    /* memory: the guest's, the resources', our own */
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(memfd_create),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fstat),
    SCMP_SYS(fstatfs),
    SCMP_SYS(newfstatat),
    SCMP_SYS(lseek),
};

/* Beside these, of a GL driver: threads, and what it asks about itself and its machine. */
static const int of_drivers[] = {
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(sched_yield),
    SCMP_SYS(setpriority),
    SCMP_SYS(prctl),
    SCMP_SYS(kcmp),
    SCMP_SYS(sysinfo),
    SCMP_SYS(dup),
    SCMP_SYS(dup3),
};

/* Types of ioctl requests that a GL driver makes: of DRM, dma-bufs and sync files. */
static const unsigned char driver_types[] = {'d', 'b', '>'};

/* Calls that say what a page may be used for, in their third argument. */
static const int mapping[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};

static int allow(scmp_filter_ctx c, const int *calls, size_t count)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, calls[i], 0);
    return rc;
}

/* What every back end may do. */
static int allow_common(scmp_filter_ctx c)
{
    int rc = allow(c, allowed, sizeof(allowed) / sizeof(allowed[0]));

    /* The C library asks once if standard output is a terminal: the console of a VM is one. */
    if (rc == 0)
        rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, TCGETS));
    /* Nothing is ever executable that was not at the start; no socket but local ones. */
    for (size_t i = 0; rc == 0 && i < sizeof(mapping) / sizeof(mapping[0]); i++)
        rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, mapping[i], 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (rc == 0)
        rc =
            seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
    return rc;
}

int bn_backend_sandbox(const unsigned long *ioctls, unsigned count)
{
    scmp_filter_ctx c = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int rc = c ? allow_common(c) : -ENOMEM;

    for (unsigned i = 0; rc == 0 && i < count; i++)
        rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                              SCMP_A1(SCMP_CMP_EQ, ioctls[i]));
    if (rc == 0)
        rc = seccomp_load(c);
    seccomp_release(c);
    return rc;
}

int bn_driver_sandbox(void)
{
    scmp_filter_ctx c = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int rc = c ? allow_common(c) : -ENOMEM;

    if (rc == 0)
        rc = seccomp_attr_set(c, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rc == 0)
        rc = allow(c, of_drivers, sizeof(of_drivers) / sizeof(of_drivers[0]));
    for (size_t i = 0; rc == 0 && i < sizeof(driver_types); i++)
        rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                              SCMP_A1(SCMP_CMP_MASKED_EQ, 0xFF00, (unsigned)driver_types[i] << 8));
    /* It lives without: Mesa's vertex translation has a form that is not compiled. */
    for (size_t i = 0; rc == 0 && i < sizeof(mapping) / sizeof(mapping[0]); i++)
        rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(EACCES), mapping[i], 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    if (rc == 0)
        rc = seccomp_rule_add(c, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 0);
    if (rc == 0)
        rc = seccomp_load(c);
    seccomp_release(c);
    return rc;
}
