/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns the VM over KVM: the same machine on an ordinary Linux computer, for people who develop an
 * IVI image or a back end without our hypervisor under them (binnacle-dm --kvm).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest_mem.h"
#include "hyp.h"
#include "log.h"
#include "machine.h"

#define MAX_VCPUS    8
#define MAX_GSI      64 /* MSIs bound to descriptors; the first 24 are the I/O APIC's */
#define FIRST_MSI    24
#define IDENTITY_MAP 0xFEFFC000u
#define TSS_PAGES    0xFEFFD000u

struct vcpu {
    struct hyp *h;
    int fd;
    unsigned id;
    struct kvm_run *run;
    pthread_t thread;
    bool started;
};

struct hyp {
    struct hyp_config config;
    int kvm, vm;
    size_t run_bytes;
    unsigned vcpus, slots;
    volatile bool stop;
    struct vcpu vcpu[MAX_VCPUS];
    uint32_t cf8;       /* HSM joins CF8h and CFCh in the kernel; KVM does not */
    int bound[MAX_GSI]; /* descriptor of an MSI, -1: free */
    struct kvm_msi msi[MAX_GSI];
};

static void kick(int signal)
{
    (void)signal; /* only to leave KVM_RUN */
}

static void destroy(struct hyp *h)
{
    h->stop = true;
    for (unsigned i = 0; i < h->vcpus; i++) {
        struct vcpu *v = &h->vcpu[i];

        if (v->started) {
            /* immediate_exit closes the gap in which a signal would come too early */
            v->run->immediate_exit = 1;
            (void)pthread_kill(v->thread, SIGUSR1);
            (void)pthread_join(v->thread, NULL);
        }
        if (v->run && v->run != MAP_FAILED)
            munmap(v->run, h->run_bytes);
        if (v->fd >= 0)
            close(v->fd);
    }
    if (h->vm >= 0)
        close(h->vm);
    if (h->kvm >= 0)
        close(h->kvm);
    free(h);
}

static int create_vcpu(struct hyp *h, unsigned id)
{
    struct vcpu *v = &h->vcpu[id];
    union {
        struct kvm_cpuid2 head;
        uint8_t room[sizeof(struct kvm_cpuid2) + 128 * sizeof(struct kvm_cpuid_entry2)];
    } cpuid = {.head.nent = 128};

    v->h = h;
    v->id = id;
    v->fd = ioctl(h->vm, KVM_CREATE_VCPU, id);
    if (v->fd < 0)
        return -errno;
    v->run = mmap(NULL, h->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
    if (v->run == MAP_FAILED || ioctl(h->kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) < 0)
        return -errno;
    for (uint32_t i = 0; i < cpuid.head.nent; i++) {
        struct kvm_cpuid_entry2 *e = &cpuid.head.entries[i];

        if (e->function == 1)
            e->ebx = (e->ebx & 0x00FFFFFF) | id << 24;
        if (e->function == 0xB)
            e->edx = id;
    }
    return ioctl(v->fd, KVM_SET_CPUID2, &cpuid) < 0 ? -errno : 0;
}

/* KVM wants the whole routing table at each change: the I/O APIC's and PIC's lines, then the MSIs.
 */
static int set_routes(struct hyp *h)
{
    union {
        struct kvm_irq_routing head;
        uint8_t room[sizeof(struct kvm_irq_routing) +
                     (MAX_GSI + FIRST_MSI) * sizeof(struct kvm_irq_routing_entry)];
    } t = {.head.nr = 0};

    for (uint32_t i = 0; i < FIRST_MSI; i++) {
        struct kvm_irq_routing_entry *e = &t.head.entries[t.head.nr];

        /* line 0 is pin 2 of the I/O APIC, as the MADT says */
        if (i != 2) {
            *e = (struct kvm_irq_routing_entry){.gsi = i, .type = KVM_IRQ_ROUTING_IRQCHIP};
            e->u.irqchip.irqchip = KVM_IRQCHIP_IOAPIC;
            e->u.irqchip.pin = i == 0 ? 2 : i;
            t.head.nr++;
        }
        if (i < 16 && i != 2) {
            e = &t.head.entries[t.head.nr++];
            *e = (struct kvm_irq_routing_entry){.gsi = i, .type = KVM_IRQ_ROUTING_IRQCHIP};
            e->u.irqchip.irqchip = i < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE;
            e->u.irqchip.pin = i % 8;
        }
    }
    for (uint32_t i = FIRST_MSI; i < MAX_GSI; i++) {
        struct kvm_irq_routing_entry *e = &t.head.entries[t.head.nr];

        if (h->bound[i] < 0)
            continue;
        *e = (struct kvm_irq_routing_entry){.gsi = i, .type = KVM_IRQ_ROUTING_MSI};
        e->u.msi.address_lo = h->msi[i].address_lo;
        e->u.msi.address_hi = h->msi[i].address_hi;
        e->u.msi.data = h->msi[i].data;
        t.head.nr++;
    }
    return ioctl(h->vm, KVM_SET_GSI_ROUTING, &t) < 0 ? -errno : 0;
}

static int create(struct hyp **out, const struct hyp_config *config)
{
    struct hyp *h = calloc(1, sizeof(*h));
    struct kvm_pit_config pit = {.flags = 0};
    uint64_t identity = IDENTITY_MAP;
    int rc = 0;

    if (!h)
        return -ENOMEM;
    h->config = *config;
    h->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    h->vm = h->kvm < 0 ? -1 : ioctl(h->kvm, KVM_CREATE_VM, 0);
    for (unsigned i = 0; i < MAX_VCPUS; i++)
        h->vcpu[i].fd = -1;
    memset(h->bound, 0xFF, sizeof(h->bound));
    if (config->vcpus > MAX_VCPUS)
        rc = -E2BIG;
    else if (h->vm < 0 || ioctl(h->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity) < 0 ||
             ioctl(h->vm, KVM_SET_TSS_ADDR, TSS_PAGES) < 0 ||
             ioctl(h->vm, KVM_CREATE_IRQCHIP, 0) < 0 || ioctl(h->vm, KVM_CREATE_PIT2, &pit) < 0)
        rc = -errno;
    if (rc == 0)
        h->run_bytes = (size_t)ioctl(h->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (rc == 0)
        rc = set_routes(h);
    for (; rc == 0 && h->vcpus < config->vcpus; h->vcpus++)
        rc = create_vcpu(h, h->vcpus);
    if (rc < 0) {
        log_line("/dev/kvm: %s", strerror(-rc));
        destroy(h);
        return rc;
    }
    *out = h;
    return 0;
}

static int map(struct hyp *h, uint64_t gpa, void *host, uint64_t bytes, bool writable)
{
    struct kvm_userspace_memory_region r = {.slot = h->slots++,
                                            .flags = writable ? 0 : KVM_MEM_READONLY,
                                            .guest_phys_addr = gpa,
                                            .memory_size = bytes,
                                            .userspace_addr = (uintptr_t)host};

    return ioctl(h->vm, KVM_SET_USER_MEMORY_REGION, &r) < 0 ? -errno : 0;
}

static int map_memory(struct hyp *h, const struct guest_mem *mem)
{
    int rc = 0;

    for (unsigned i = 0; i < mem->map.count && rc == 0; i++)
        rc = map(h, mem->map.region[i].gpa, mem->map.region[i].hva, mem->map.region[i].bytes, true);
    return rc;
}

static int map_rom(struct hyp *h, uint64_t gpa, void *host, uint64_t bytes)
{
    return map(h, gpa, host, bytes, false);
}

static int set_cpu(struct hyp *h, const struct cpu_state *s)
{
    struct kvm_sregs g;
    struct kvm_regs r = {.rip = s->eip, .rax = s->eax, .rbx = s->ebx, .rsi = s->esi, .rflags = 2};
    struct kvm_segment data = {
        .limit = UINT32_MAX, .selector = 0x18, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1};

    if (ioctl(h->vcpu[0].fd, KVM_GET_SREGS, &g) < 0)
        return -errno;
    g.cs = data;
    g.cs.selector = 0x10;
    g.cs.type = 11;
    g.ds = g.es = g.fs = g.gs = g.ss = data;
    g.cr0 |= 1;
    if (ioctl(h->vcpu[0].fd, KVM_SET_SREGS, &g) < 0 || ioctl(h->vcpu[0].fd, KVM_SET_REGS, &r) < 0)
        return -errno;
    return 0;
}

/* CF8h and CFCh, as HSM does it. True: *a is complete, or has become a configuration access. */
static bool config_ports(struct hyp *h, struct io_access *a)
{
    if (a->address == 0xCF8 && a->bytes == 4) {
        if (a->write)
            h->cf8 = (uint32_t)a->value;
        else
            a->value = h->cf8;
        return true;
    }
    if (a->address < 0xCFC || a->address > 0xCFF)
        return false;
    if (!(h->cf8 & 0x80000000u)) {
        a->value = UINT64_MAX;
        return true;
    }
    a->space = ACCESS_PCI;
    a->reg = (h->cf8 & 0xFC) + (uint32_t)(a->address - 0xCFC);
    a->address = h->cf8 & 0xFFFF00;
    h->config.access(h->config.priv, a);
    return true;
}

static void port_exit(struct vcpu *v)
{
    struct kvm_run *run = v->run;
    uint8_t *data = (uint8_t *)run + run->io.data_offset;

    for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size) {
        struct io_access a = {.space = ACCESS_PIO,
                              .write = run->io.direction == KVM_EXIT_IO_OUT,
                              .bytes = run->io.size,
                              .address = run->io.port};

        if (a.write)
            memcpy(&a.value, data, a.bytes);
        if (!config_ports(v->h, &a))
            v->h->config.access(v->h->config.priv, &a);
        if (!a.write)
            memcpy(data, &a.value, run->io.size);
    }
}

static void mmio_exit(struct vcpu *v)
{
    struct kvm_run *run = v->run;
    struct io_access a = {.space = ACCESS_MMIO,
                          .write = run->mmio.is_write,
                          .bytes = run->mmio.len,
                          .address = run->mmio.phys_addr};

    if (a.write)
        memcpy(&a.value, run->mmio.data, sizeof(a.value));
    v->h->config.access(v->h->config.priv, &a);
    if (!a.write)
        memcpy(run->mmio.data, &a.value, sizeof(a.value));
}

/* KVM tells of a triple fault by leaving KVM_RUN; under our hypervisor vm_state.c looks for it. */
static void dead(struct vcpu *v, const char *what)
{
    struct machine *m = v->h->config.priv;

    pthread_mutex_lock(&m->lock);
    machine_end(m, END_TRIPLE_FAULT, what);
    pthread_mutex_unlock(&m->lock);
}

static void *run_vcpu(void *arg)
{
    struct vcpu *v = arg;

    while (!v->h->stop) {
        if (ioctl(v->fd, KVM_RUN, 0) < 0) {
            if (errno == EINTR || errno == EAGAIN)
                continue;
            dead(v, strerror(errno));
            break;
        }
        switch (v->run->exit_reason) {
        case KVM_EXIT_IO:
            port_exit(v);
            continue;
        case KVM_EXIT_MMIO:
            mmio_exit(v);
            continue;
        case KVM_EXIT_INTR:
        case KVM_EXIT_HLT:
            continue;
        case KVM_EXIT_SHUTDOWN:
            dead(v, "triple fault");
            break;
        default:
            log_line("vCPU %u: exit reason %u of KVM", v->id, v->run->exit_reason);
            dead(v, "an exit that KVM cannot handle");
            break;
        }
        break;
    }
    return NULL;
}

static int start(struct hyp *h)
{
    struct sigaction action = {.sa_handler = kick};
    int rc = 0;

    (void)sigaction(SIGUSR1, &action, NULL);
    for (unsigned i = 0; i < h->vcpus && rc == 0; i++) {
        rc = -pthread_create(&h->vcpu[i].thread, NULL, run_vcpu, &h->vcpu[i]);
        h->vcpu[i].started = rc == 0;
    }
    return rc;
}

static int irq_line(struct hyp *h, unsigned gsi, bool asserted)
{
    struct kvm_irq_level l = {.irq = gsi, .level = asserted};

    return ioctl(h->vm, KVM_IRQ_LINE, &l) < 0 ? -errno : 0;
}

static int msi(struct hyp *h, uint64_t address, uint32_t data)
{
    struct kvm_msi m = {
        .address_lo = (uint32_t)address, .address_hi = (uint32_t)(address >> 32), .data = data};

    return ioctl(h->vm, KVM_SIGNAL_MSI, &m) < 0 ? -errno : 0;
}

static int irqfd(struct hyp *h, int fd, uint64_t address, uint32_t data, bool add)
{
    struct kvm_irqfd i = {.fd = (uint32_t)fd, .flags = add ? 0 : KVM_IRQFD_FLAG_DEASSIGN};
    unsigned gsi = FIRST_MSI;
    int rc;

    while (gsi < MAX_GSI && h->bound[gsi] != (add ? -1 : fd))
        gsi++;
    if (gsi == MAX_GSI)
        return add ? -ENOSPC : -ENOENT;
    i.gsi = gsi;
    if (!add) {
        h->bound[gsi] = -1;
        return ioctl(h->vm, KVM_IRQFD, &i) < 0 ? -errno : 0;
    }
    h->bound[gsi] = fd;
    h->msi[gsi] = (struct kvm_msi){
        .address_lo = (uint32_t)address, .address_hi = (uint32_t)(address >> 32), .data = data};
    rc = set_routes(h);
    if (rc == 0 && ioctl(h->vm, KVM_IRQFD, &i) < 0)
        rc = -errno;
    if (rc < 0)
        h->bound[gsi] = -1;
    return rc;
}

static int ioeventfd(struct hyp *h, int fd, uint64_t address, uint32_t bytes, bool add)
{
    /* length 0: a write of any size at that address, like HSM's match on a range */
    struct kvm_ioeventfd e = {
        .fd = fd, .addr = address, .len = 0, .flags = add ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN};

    (void)bytes;
    return ioctl(h->vm, KVM_IOEVENTFD, &e) < 0 ? -errno : 0;
}

const struct hyp_ops hyp_kvm = {.create = create,
                                .map_memory = map_memory,
                                .map_shared = map,
                                .map_rom = map_rom,
                                .set_cpu = set_cpu,
                                .start = start,
                                .irq_line = irq_line,
                                .msi = msi,
                                .irqfd = irqfd,
                                .ioeventfd = ioeventfd,
                                .destroy = destroy};
