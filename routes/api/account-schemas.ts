import { Type } from 'typebox'
import { PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from '../../server/accounts/passwords.ts'
import { FORMS } from '../../server/text-forms.ts'

export const RoleSchema = Type.Union([Type.Literal('admin'), Type.Literal('user')])

export const AccountSchema = Type.Object({ id: Type.String(), username: Type.String(), role: RoleSchema }, { title: 'Account' })

/** A password that is only compared: older rules may have let it in. */
export const GivenPassword = Type.String({ minLength: 1, maxLength: PASSWORD_MAX_LENGTH })

export const NewPassword = Type.String({ minLength: PASSWORD_MIN_LENGTH, maxLength: PASSWORD_MAX_LENGTH })

/** Letters and digits of any script and the signs of an e-mail address, 64 at most as the column allows. */
export const Username = Type.String({ minLength: 1, maxLength: 64, pattern: FORMS.username })
