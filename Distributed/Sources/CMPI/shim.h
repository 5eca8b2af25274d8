// MPI as Swift can call it: communicators, types and operations are macros in Open MPI and numbers in MPICH, and Swift sees
// neither. Every function returns MPI's error code.
#ifndef SCL_MPI_SHIM_H
#define SCL_MPI_SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <mpi.h>
#include <sched.h>
#include <stddef.h>
#include <unistd.h>

typedef struct {
  MPI_Comm comm;
} sclmpi_comm;

typedef struct {
  MPI_Request request;
} sclmpi_request;

// Starts MPI once a process; calls come from one thread at a time.
static inline int sclmpi_start(void) {
  int provided = 0, code = MPI_SUCCESS, started = 0;
  MPI_Initialized(&started);
  if (!started) code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
  if (code == MPI_SUCCESS) MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  return code;
}

static inline int sclmpi_finalize(void) { return MPI_Finalize(); }

static inline void sclmpi_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

// A channel of its own over all processes, whose errors are returned.
static inline int sclmpi_channel(sclmpi_comm *result) {
  int code = MPI_Comm_dup(MPI_COMM_WORLD, &result->comm);
  return code == MPI_SUCCESS ? MPI_Comm_set_errhandler(result->comm, MPI_ERRORS_RETURN) : code;
}

static inline int sclmpi_rank(sclmpi_comm comm, int *rank) { return MPI_Comm_rank(comm.comm, rank); }
static inline int sclmpi_count(sclmpi_comm comm, int *count) { return MPI_Comm_size(comm.comm, count); }

// Which of the processes of this machine this one is, and how many there are.
static inline int sclmpi_on_machine(int *rank, int *count) {
  MPI_Comm local;
  int code = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local);
  if (code != MPI_SUCCESS) return code;
  MPI_Comm_rank(local, rank);
  MPI_Comm_size(local, count);
  return MPI_Comm_free(&local);
}

static inline MPI_Datatype sclmpi_floating(int is_double) { return is_double ? MPI_DOUBLE : MPI_FLOAT; }

static inline int sclmpi_sum(
    const void *values, void *result, int count, int is_double, sclmpi_comm comm) {
  return MPI_Allreduce(values, result, count, sclmpi_floating(is_double), MPI_SUM, comm.comm);
}

static inline int sclmpi_start_sum(
    const void *values, void *result, int count, int is_double, sclmpi_comm comm, sclmpi_request *request) {
  return MPI_Iallreduce(values, result, count, sclmpi_floating(is_double), MPI_SUM, comm.comm, &request->request);
}

static inline int sclmpi_test(sclmpi_request *request, int *is_done) {
  return MPI_Test(&request->request, is_done, MPI_STATUS_IGNORE);
}

static inline int sclmpi_wait(sclmpi_request *request) { return MPI_Wait(&request->request, MPI_STATUS_IGNORE); }

static inline int sclmpi_scatter_sum(
    const void *values, void *result, int own_count, int is_double, sclmpi_comm comm) {
  return MPI_Reduce_scatter_block(
      values, result, own_count, sclmpi_floating(is_double), MPI_SUM, comm.comm);
}

// Elements of 1, 2, 4 or 8 bytes.
static inline MPI_Datatype sclmpi_word(int size) {
  return size == 8 ? MPI_UINT64_T : size == 4 ? MPI_UINT32_T : size == 2 ? MPI_UINT16_T : MPI_UINT8_T;
}

static inline int sclmpi_gather(const void *values, void *result, int count, int size, sclmpi_comm comm) {
  return MPI_Allgather(values, count, sclmpi_word(size), result, count, sclmpi_word(size), comm.comm);
}

static inline int sclmpi_broadcast(void *values, int count, int size, int from, sclmpi_comm comm) {
  return MPI_Bcast(values, count, sclmpi_word(size), from, comm.comm);
}

static inline int sclmpi_barrier(sclmpi_comm comm) { return MPI_Barrier(comm.comm); }

// Both partners of a pair send to each other at once.
static inline int sclmpi_exchange(const void *values, void *result, int bytes, int partner, sclmpi_comm comm) {
  return MPI_Sendrecv(
      values, bytes, MPI_BYTE, partner, 0, result, bytes, MPI_BYTE, partner, 0, comm.comm, MPI_STATUS_IGNORE);
}

// At most MPI_MAX_ERROR_STRING bytes, with their end.
enum { sclmpi_longest_message = MPI_MAX_ERROR_STRING };
static inline void sclmpi_message(int code, char *text) {
  int length = 0;
  text[0] = 0;
  MPI_Error_string(code, text, &length);
}

enum { sclmpi_longest_version = MPI_MAX_LIBRARY_VERSION_STRING };
static inline void sclmpi_version(char *text) {
  int length = 0;
  text[0] = 0;
  MPI_Get_library_version(text, &length);
}

// How many processors this process may run on.
static inline int sclmpi_allowed_processors(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static inline int sclmpi_online_processors(void) { return (int)sysconf(_SC_NPROCESSORS_ONLN); }

// Keeps this thread, and all that it starts from now on, on `count` of the processors that it may run on, from the `first`.
static inline int sclmpi_keep_on(int first, int count) {
  cpu_set_t allowed, own;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
  CPU_ZERO(&own);
  for (int processor = 0, place = 0; processor < CPU_SETSIZE; processor++) {
    if (!CPU_ISSET(processor, &allowed)) continue;
    if (place >= first && place < first + count) CPU_SET(processor, &own);
    place++;
  }
  return sched_setaffinity(0, sizeof own, &own);
}

#endif
