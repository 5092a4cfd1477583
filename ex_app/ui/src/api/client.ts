/** The interface of the app, wherever the page stands: behind Nextcloud's proxy, or on a server of its own. */
import axios, { isAxiosError } from '@nextcloud/axios'
import { generateUrl } from '@nextcloud/router'
import { languageTag, t } from '../l10n'
import { token } from './token'

/** Says what went wrong with one field. */
export interface FieldProblem {
  /** A dot path into what was sent. */
  field: string
  message: string
  /** Where in a template it is, from 1. */
  line?: number
  column?: number
}

/** A refusal or failure of a request (RFC 9457), told to people. */
export class Problem extends Error {
  constructor(
    message: string,
    /** 0 when no answer came. */
    readonly status: number,
    readonly fields: FieldProblem[] = [],
  ) {
    super(message)
  }
}

/** One page of a list. */
export interface Listing<T> {
  results: T[]
  total: number
  page: number
  pages: number
}

/** What an answer holds, with the tag of its revision, to be sent along with a change. */
export interface Tagged<T> {
  data: T
  tag: string
}

/** Where the page stands: alone it says where the interface is, inside Nextcloud it does not. */
const alone = document.querySelector<HTMLMetaElement>('meta[name="openconnector-api"]')?.content

/** Whether the page is served by a server of its own, where people sign in with its token. */
export const isAlone = alone !== undefined

const http = axios.create({
  baseURL: alone ?? `${generateUrl('/apps/app_api/proxy/openconnector')}/api/v1`,
  headers: { 'Accept-Language': languageTag() }, // a browser may speak another language than its user's account
})

http.interceptors.request.use((request) => {
  if (isAlone && token.value && !request.headers.has('Authorization')) request.headers.set('Authorization', `Bearer ${token.value}`)
  return request
})

async function send<T>(method: string, path: string, options: object = {}): Promise<Tagged<T>> {
  try {
    const answer = await http.request<T>({ method, url: path, ...options })
    return { data: answer.data, tag: String(answer.headers.etag ?? '*') }
  } catch (error) {
    throw problemOf(error)
  }
}

function problemOf(error: unknown): Problem {
  if (!isAxiosError(error) || !error.response) {
    return new Problem(t('The server cannot be reached. Check the connection and try again.'), 0)
  }
  const { status, data } = error.response
  if (status === 401 && isAlone) token.value = ''
  const detail = typeof data?.detail === 'string' ? data.detail : data?.title
  return new Problem(
    detail || t('The server answered with status {status}.', { status: String(status) }),
    status,
    data?.errors ?? [],
  )
}

/** Return what is found at a path. Throws `Problem`. */
export async function get<T>(path: string, params: object = {}): Promise<T> {
  return (await send<T>('GET', path, { params })).data
}

/** Return what is found at a path with its tag. Throws `Problem`. */
export function getTagged<T>(path: string): Promise<Tagged<T>> {
  return send<T>('GET', path)
}

/** Send something new, or ask for something to be done, and return the answer. Throws `Problem`, also when it is called off. */
export async function post<T>(path: string, body: object | null = {}, params: object = {}, signal?: AbortSignal): Promise<T> {
  return (await send<T>('POST', path, { data: body, params, signal })).data
}

/** Replace what has not changed since it was read: `Problem` with status 412 when it has. */
export function put<T>(path: string, body: object, tag: string, params: object = {}): Promise<Tagged<T>> {
  return send<T>('PUT', path, { data: body, params, headers: { 'If-Match': tag } })
}

/** Delete. Throws `Problem`; status 409 names what still needs it. */
export async function remove(path: string): Promise<void> {
  await send('DELETE', path)
}

/** Return what a file at a path holds. Throws `Problem`. */
export async function getFile(path: string, params: object = {}): Promise<Blob> {
  return (await send<Blob>('GET', path, { params, responseType: 'blob' })).data
}

/** Sign in with the token of a server of its own. Throws `Problem`; status 401 when it is not the right one. */
export async function signIn(given: string): Promise<void> {
  await send('GET', '/capabilities', { headers: { Authorization: `Bearer ${given}` } })
  token.value = given
}
