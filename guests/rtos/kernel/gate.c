/* SPDX-License-Identifier: BSD-3-Clause */
/* From a number and words to the service that an untrusted task calls: what it returns is the
 * task's result. */
#include "services.h"

#define NUMBER(name, ...) GATE_##name,
enum { OS_SERVICES(NUMBER) OS_VOID_SERVICES(NUMBER) };

#define CALL(name, ...)                                                                            \
    case GATE_##name:                                                                              \
        return (uint32_t)name(__VA_ARGS__);
#define CALL_VOID(name, ...)                                                                       \
    case GATE_##name:                                                                              \
        name(__VA_ARGS__);                                                                         \
        return E_OK;

uint32_t os_gate(uint32_t number, const uintptr_t a[])
{
    switch (number) {
        OS_SERVICES(CALL)
        OS_VOID_SERVICES(CALL_VOID)
    default: /* no code of ours asks for it */
        (void)port_irq_save();
        os_protect(E_OS_PROTECTION_EXCEPTION);
        return E_OK;
    }
}
