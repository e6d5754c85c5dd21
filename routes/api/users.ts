import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { insertUser, listUsers, updateUser } from '../../server/accounts/users.ts'
import type { User } from '../../server/database/tables.ts'
import { FORMS } from '../../server/text-forms.ts'
import { NewPassword, RoleSchema, Username } from './account-schemas.ts'
import { ErrorSchema, Instant, Ok, noStore, ok } from './envelope.ts'
import { adminScope } from '../scopes.ts'

const UserSchema = Type.Object({
  id: Type.String(),
  username: Type.String(),
  role: RoleSchema,
  disabled: Type.Boolean(),
  createdAt: Instant
}, { title: 'User' })

const CreateUserSchema = Type.Object({
  username: Username,
  password: NewPassword,
  role: Type.Optional(RoleSchema)
}, { additionalProperties: false })

const ChangeUserSchema = Type.Object({
  role: Type.Optional(RoleSchema),
  password: Type.Optional(NewPassword),
  disabled: Type.Optional(Type.Boolean())
}, { additionalProperties: false, minProperties: 1 })

const usersRoutes: FastifyPluginAsyncTypebox = async fastify => {
  const { db, callers } = fastify
  fastify.addHook('onRoute', adminScope)
  fastify.addHook('onRequest', noStore)
  fastify.addHook('onRequest', fastify.authenticate)
  fastify.addHook('onRequest', fastify.requireAdmin)

  fastify.post('/', {
    schema: { summary: 'Create a user', tags: ['users'], body: CreateUserSchema, response: { 201: Ok(UserSchema), '4xx': ErrorSchema } }
  }, async (request, reply) => {
    const { username, password, role = 'user' } = request.body
    const user = await insertUser(db, { username, password, role })
    return reply.code(201).send(ok(reply, presentUser(user)))
  })

  fastify.get('/', {
    schema: { summary: 'List the users', tags: ['users'], response: { 200: Ok(Type.Object({ users: Type.Array(UserSchema) })), '4xx': ErrorSchema } }
  }, async (_request, reply) => {
    const users = await listUsers(db)
    return ok(reply, { users: users.map(presentUser) })
  })

  fastify.patch('/:id', {
    schema: {
      summary: 'Change a user\'s role or password, disable or enable the account',
      description: 'A new password or a disabled account ends the user\'s sessions; a disabled account\'s API keys are refused until it is enabled again. The last enabled administrator stays one.',
      tags: ['users'],
      params: Type.Object({ id: Type.String({ pattern: FORMS.userId }) }),
      body: ChangeUserSchema,
      response: { 200: Ok(UserSchema), '4xx': ErrorSchema }
    }
  }, async (request, reply) => {
    const user = await updateUser(db, request.params.id, request.body)
    callers.clear()
    return ok(reply, presentUser(user))
  })
}

function presentUser (user: User) {
  return {
    id: user.id,
    username: user.username,
    role: user.role,
    disabled: user.disabled_at !== null,
    createdAt: user.created_at
  }
}

export default usersRoutes
